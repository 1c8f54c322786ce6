// Where Unbound 1.17 and Knot Resolver 5.6 see it otherwise, and what the RFCs say. Whatever is not
// in this list is a fault of ours until the opposite is shown. Each entry is for what one of them made
// of certain names, where we made something else of these, and for nothing beside.

import type { Asked, Class } from '../world/asker.ts'
import { type Disagreement, isSame, type Opinion } from './compare.ts'

export interface Explanation {
  /** Who differs. */
  readonly who: 'Unbound' | 'Knot Resolver'
  readonly ours: Class
  readonly theirs: Class
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

const ITERATIONS =
  'RFC 9276 §3.2 lets validators set the limit of iterations, of which its §3.1 says that there should be none: ours is 50, that of Unbound 1.17 is 150'

const REVOKED =
  'RFC 5011 §2.1: a revoked key must not be used for anything but to validate the signature that it made over its own set of keys'

const ASTERISK =
  'RFC 4592 §2.3: an asterisk in a question is a label like any other, and RFC 4035 §5.3.2 has the signature checked with the wildcard above it for the owner'

const SIGNATURES_UNSIGNED =
  'RFC 4035 §2.2: signatures are not signed themselves, so that an answer that holds nothing else is neither secure nor bogus'

const NAMES_BETWEEN =
  'RFC 4035 §5 has an answer validated by its signatures and the keys of the zone that made them; it also asks for DS at every name between the apex and the owner, and takes what is wrong there for wrong here'

export const EXPLANATIONS: readonly Explanation[] = [
  {
    who: 'Unbound',
    ours: 'insecure',
    theirs: 'secure',
    names: zones('nsec3-51|nsec3-150', 'example.'),
    because: ITERATIONS,
  },
  {
    // Below a wildcard by a literal asterisk, or NODATA where the bitmap tells of an alias.
    who: 'Unbound',
    ours: 'insecure',
    theirs: 'bogus',
    names: zones('nsec3-51|nsec3-150', 'example.'),
    because: ITERATIONS,
  },
  {
    who: 'Knot Resolver',
    ours: 'secure',
    theirs: 'insecure',
    names: zones('nsec3-51|nsec3-150|nsec3-151|nsec3-500', 'example.'),
    because: `${NAMES_BETWEEN}: a denial with too many iterations, which leaves all below it insecure`,
  },
  {
    who: 'Knot Resolver',
    ours: 'insecure',
    theirs: 'bogus',
    names: /\.alias\.nsec3-(?:51|150|151|500)\.example\.$/,
    because: `${NAMES_BETWEEN}: an alias made from a wildcard, with a proof of too many iterations`,
  },
  {
    who: 'Unbound',
    ours: 'bogus',
    theirs: 'secure',
    names: zones('revoked|revoked-below|single-type-revoked-too-early'),
    because: REVOKED,
  },
  {
    who: 'Knot Resolver',
    ours: 'bogus',
    theirs: 'secure',
    names: zones('revoked-below|single-type-revoked-too-early'),
    because: REVOKED,
  },
  {
    who: 'Knot Resolver',
    ours: 'bogus',
    theirs: 'insecure',
    names: zones('revoked-below|single-type-revoked-too-early'),
    types: ['RRSIG'],
    because: REVOKED,
  },
  {
    who: 'Unbound',
    ours: 'bogus',
    theirs: 'secure',
    names: zones('ds-downgrade'),
    because: 'RFC 4509 §3: DS records with SHA-1 should be ignored beside those with SHA-256',
  },
  {
    who: 'Unbound',
    ours: 'bogus',
    theirs: 'secure',
    names: zones('nsec-from-wildcard'),
    because:
      'RFC 4035 §2.3: an NSEC record stands at a name that is there, and what stands for itself was not expanded from a wildcard (RFC 4035 §5.3.4)',
  },
  {
    who: 'Unbound',
    ours: 'secure',
    theirs: 'bogus',
    names: /^\*\.(?:[^.]+\.)+(?:alias|wild|to-wild)\./,
    because: ASTERISK,
  },
  {
    // That no closer name is there is proven by opt-out ranges.
    who: 'Unbound',
    ours: 'insecure',
    theirs: 'bogus',
    names:
      /^\*\.(?:[^.]+\.)+(?:alias|wild)\.(?:opt-out-(?:ldns|knot|bind|cuts)|no-opt-out-range\.broken)\.example\.$/,
    because: ASTERISK,
  },
  {
    who: 'Unbound',
    ours: 'secure',
    theirs: 'bogus',
    names:
      /\.(?:tree|tree3|bare|over|long)\.(?:aliases|aliases3|altered-dname\.broken)\.example\.$/,
    types: ['CNAME', 'DNAME'],
    because:
      'RFC 6672 §5.3.1: a CNAME made from a DNAME needs no signature but that of the DNAME, also for those who ask for CNAME',
  },
  {
    who: 'Unbound',
    ours: 'bogus',
    theirs: 'insecure',
    names: /\.broken\.example\.$/,
    types: ['RRSIG'],
    because:
      'RFC 4035 §2.2 leaves signatures without a proof, not the aliases beside them, which are signed (§5.3); it validates nothing of such answers',
  },
  {
    who: 'Knot Resolver',
    ours: 'secure',
    theirs: 'insecure',
    names: /./,
    types: ['RRSIG'],
    because:
      'RFC 4035 §5.4: that a name has no signatures is proven as for any type; it marks no answer to such questions as secure',
  },
  {
    who: 'Knot Resolver',
    ours: 'insecure',
    theirs: 'bogus',
    names: /\.broken\.example\.$/,
    types: ['RRSIG'],
    because: SIGNATURES_UNSIGNED,
  },
  {
    who: 'Knot Resolver',
    ours: 'secure',
    theirs: 'bogus',
    names: /\.(?:loop|self)\.(?:aliases|aliases3|loops)\.example\.$/,
    because: `${NAMES_BETWEEN}: an alias to itself`,
  },
  {
    who: 'Knot Resolver',
    ours: 'secure',
    theirs: 'bogus',
    names: /^(?:[^.]+\.){4,}nsec3-50\.example\.$/,
    because:
      'RFC 9276 §3.2 leaves it to validators; it hashes less for deep names before 50 iterations are reached (CVE-2023-50868)',
  },
  {
    who: 'Knot Resolver',
    ours: 'bogus',
    theirs: 'insecure',
    names:
      /\.alias\.(?:opt-out-(?:ldns|knot|bind|cuts)|(?:no-opt-out-range|not-opted-out)\.broken)\.example\.$/,
    types: ['NSEC', 'NSEC3'],
    because:
      'RFC 5155 §8.7: the NSEC3 record of a wildcard that lists CNAME denies no type, whether an opt-out range covers the name or not',
  },
  {
    who: 'Knot Resolver',
    ours: 'bogus',
    theirs: 'secure',
    names: zones('unknown-flags'),
    because: 'RFC 5155 §8.2: NSEC3 records with unknown flags must be ignored',
  },
  {
    who: 'Knot Resolver',
    ours: 'bogus',
    theirs: 'secure',
    names: zones('nsec-turns-back'),
    because: 'RFC 4034 §4.1.1: the last NSEC record of a zone has the apex for its next name',
  },
  {
    who: 'Knot Resolver',
    ours: 'bogus',
    theirs: 'secure',
    names: /^mx\.(?:nsec-of-a-cut|nsec3-of-a-cut)\.broken\.example\.$/,
    types: ['CNAME'],
    because:
      'RFC 6840 §4.1: the parent’s NSEC or NSEC3 record of a zone cut denies no type at the cut but DS',
  },
  {
    who: 'Knot Resolver',
    ours: 'secure',
    theirs: 'bogus',
    names: zones('altered-cname|altered-second-cname|altered-wildcard-cname|unsigned-cname'),
    because: `${NAMES_BETWEEN}: an alias above`,
  },
  {
    who: 'Knot Resolver',
    ours: 'secure',
    theirs: 'bogus',
    names: zones(
      'no-nsec-at-all|no-nsec-of-non-terminal|no-nsec-of-wildcard|cname-bit|hashed-cname-bit|no-nsec3-at-all|no-nsec3-of-encloser|no-nsec3-of-name|no-nsec3-of-wildcard-type|altered-soa|unsigned-soa|altered-salt|wrong-salt|unknown-hash',
    ),
    because: `${NAMES_BETWEEN}: a denial of DS`,
  },
]

/** Their parents deny, signed and without opt-out, that there is a child. */
export const DENIED_BY_PARENT = zones('child\\.(?:not-opted-out|no-ns-bit)')

const DENIED_WITHOUT_ASKING =
  'RFC 8198 §5: what the parent denies, signed and without opt-out, needs no asking; the peers ask, and find a child that has no proof that it may be unsigned'

/** The same for a dotward that may answer by what was proven of other names. */
export const AGGRESSIVE_EXPLANATIONS: readonly Explanation[] = [
  ...EXPLANATIONS,
  ...(['Unbound', 'Knot Resolver'] as const).map(
    (who) =>
      ({
        who,
        ours: 'secure',
        theirs: 'bogus',
        names: DENIED_BY_PARENT,
        because: DENIED_WITHOUT_ASKING,
      }) as const,
  ),
]

/** What explains that a peer sees it otherwise than the first of the opinions; undefined for nothing. */
function explain(
  { who, class: theirs, rcode }: Opinion,
  ours: Opinion,
  { name, type }: Asked,
  explanations: readonly Explanation[],
): Explanation | undefined {
  // Data or a denial are what they are to all who do not refuse them.
  if (rcode !== ours.rcode && theirs !== 'bogus' && ours.class !== 'bogus') return undefined
  return explanations.find(
    (each) =>
      each.who === who &&
      each.ours === ours.class &&
      each.theirs === theirs &&
      each.types?.includes(type) !== false &&
      each.names.test(name.toLowerCase()),
  )
}

/** Why these opinions differ from the first; null when one of those that do is in no list. */
export function explanationsOf(
  { asked, opinions }: Disagreement,
  explanations = EXPLANATIONS,
): readonly Explanation[] | null {
  const [ours, ...others] = opinions
  const reasons = others
    .filter((other) => !isSame(other, ours!))
    .map((other) => explain(other, ours!, asked, explanations))
  if (reasons.length === 0 || reasons.includes(undefined)) return null
  return reasons.map((reason) => reason!)
}
