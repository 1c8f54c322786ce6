// Where Unbound 1.17 and Knot Resolver 5.6 see it otherwise, and what the RFCs say. Whatever is not
// in this list is a fault of ours until the opposite is shown.

import type { Asked } from './asker.ts'
import type { Disagreement } from './compare.ts'

interface Explanation {
  /** Who differs. */
  readonly who: 'Unbound' | 'Knot Resolver'
  /** Names, in lower case, of which that may be so. */
  readonly names: RegExp
  /** Of these types alone. */
  readonly types?: readonly string[]
  readonly because: string
}

/** Names of these zones, given by their first labels. */
function zones(labels: string, suffix = 'broken.example.'): RegExp {
  return new RegExp(`(?:^|\\.)(?:${labels})\\.${suffix.replaceAll('.', '\\.')}$`)
}

export const EXPLANATIONS: readonly Explanation[] = [
  {
    who: 'Unbound',
    names: zones('nsec3-51|nsec3-150', 'example.'),
    because: 'RFC 9276 §3.2 lets validators set the limit of iterations: ours is 50, its 150',
  },
  {
    who: 'Knot Resolver',
    names: zones('nsec3-51|nsec3-150|nsec3-151|nsec3-500', 'example.'),
    because:
      'RFC 9276 §3.2 is of answers with such NSEC3 records; it holds the whole zone for insecure, or the cut in the middle of an alias for bogus',
  },
  {
    who: 'Unbound',
    names: zones('revoked|revoked-below'),
    because: 'RFC 5011 §2.1: a revoked key is for nothing but its own revocation',
  },
  {
    who: 'Knot Resolver',
    names: zones('revoked-below'),
    because: 'RFC 5011 §2.1: a revoked key is for nothing but its own revocation',
  },
  {
    who: 'Unbound',
    names: zones('ds-downgrade'),
    because: 'RFC 4509 §3: DS records with SHA-1 must be ignored beside those with SHA-256',
  },
  {
    who: 'Unbound',
    names: zones('nsec-from-wildcard'),
    because:
      'RFC 4035 §5.3.4: what was expanded from a wildcard needs a proof that its name is not there, and an NSEC record is there by itself',
  },
  {
    who: 'Unbound',
    names: /^\*\./,
    because:
      'RFC 4592 §2.1.1: an asterisk that is asked for matches a wildcard above it as any label does, and RFC 4035 §5.3.2 counts it then',
  },
  {
    who: 'Unbound',
    names: /\.(?:tree|tree3|bare|over|long)\./,
    types: ['CNAME', 'DNAME'],
    because:
      'RFC 6672 §5.3.1: a CNAME made from a DNAME is as good as the DNAME, also for those who ask for one of the two',
  },
  {
    who: 'Unbound',
    names: zones('opt-out-[a-z]+', 'example.'),
    types: ['NSEC'],
    because: 'RFC 4035 §5.3: an alias is no other for the type that is asked for',
  },
  {
    who: 'Knot Resolver',
    names: /./,
    types: ['RRSIG'],
    because:
      'RFC 4035 §2.2: signatures are not signed themselves, so that such an answer is not secure; but that there are none can be proven, and one broken signature among them breaks nothing',
  },
  {
    who: 'Knot Resolver',
    names: /\.(?:loop|self)\./,
    because:
      'RFC 4035 §5 is of the answer at hand; it asks for DS records of every name between, which here is an alias to itself',
  },
  {
    who: 'Knot Resolver',
    names: /(?:[^.]+\.){4}nsec3-50\.example\.$/,
    because:
      'RFC 9276 §3.2 lets 50 iterations pass; it gives up on deep names before (CVE-2023-50868)',
  },
  {
    who: 'Knot Resolver',
    names: zones('unsigned-proof-of-no-ds'),
    because: 'RFC 4035 §5.2: an NSEC record without a signature proves no unsigned delegation',
  },
  {
    who: 'Knot Resolver',
    names: zones('unknown-flags'),
    because: 'RFC 5155 §8.2: NSEC3 records with unknown flags must be ignored',
  },
  {
    who: 'Knot Resolver',
    names: zones('nsec-turns-back'),
    because: 'RFC 4034 §4.1.1: the last NSEC record of a zone has the apex for its next name',
  },
  {
    who: 'Knot Resolver',
    names: zones(
      'not-opted-out|no-ns-bit|no-opt-out-range|[a-z-]+-bit|ds-stripped|ds-and-proof-stripped',
    ),
    because: 'RFC 8198 §5: it answers for the child by what the parent denies, without asking',
  },
  {
    who: 'Knot Resolver',
    names:
      /^(?:net|cut\.nsec\.example|(?:island\.)?unsigned\.(?:(?:nsec|nsec3|opt-out)-cuts\.)?example)\.$/,
    because:
      'RFC 8198 §5, against RFC 6840 §4.1: it denies types at a cut by the NSEC record of the parent',
  },
  {
    who: 'Knot Resolver',
    names: zones(
      'altered-cname|altered-second-cname|altered-wildcard-cname|unsigned-cname|no-nsec-[a-z-]+|no-nsec3-[a-z-]+|unknown-hash|wrong-salt|altered-salt|mixed-salt|unsigned-soa|altered-soa|nsec3-unsigned|nsec-unsigned|nsec3-of-a-[a-z]+|nsec-of-a-[a-z]+',
    ),
    because:
      'RFC 4035 §5 is of the answer at hand; it asks for DS records of every name between, and does not forgive what is wrong there (or has it from its cache, RFC 8198)',
  },
]

function explain(peer: string, { name, type }: Asked): Explanation | undefined {
  return EXPLANATIONS.find(
    ({ who, names, types }) =>
      who === peer && types?.includes(type) !== false && names.test(name.toLowerCase()),
  )
}

/** Why these opinions differ; null when one that differs from the first is in no list. */
export function explanationOf({ asked, opinions }: Disagreement): string | null {
  const [ours, ...others] = opinions
  const reasons = others
    .filter((other) => other.class !== ours!.class || other.rcode !== ours!.rcode)
    .map((other) => explain(other.who, asked))
  if (reasons.length === 0 || reasons.includes(undefined)) return null
  return reasons.map((reason) => reason!.because).join('; ')
}
