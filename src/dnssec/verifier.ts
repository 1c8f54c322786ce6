// Whether a set of records is what its zone signed (RFC 4035 §5.3). One good signature is enough
// (RFC 6840 §5.4, §5.11); how many are tried is bounded. Cryptography leaves the event loop.

import { verify as verifySignature } from 'node:crypto'

import { type AlgorithmPolicy, traitsOf } from './algorithms.ts'
import type { Budget } from './budget.ts'
import { Candidates, Reason } from './candidates.ts'
import type { Dnskey, ZoneKeys } from './dnskey.ts'
import { ancestorWith, countLabels, type Name } from './name.ts'
import type { Rrset, Rrsig } from './rrset.ts'
import { serialDistance, signedData } from './signature.ts'
import type { Fault } from './verdict.ts'

/** A set was signed by its zone. */
export interface Proof {
  /** Seconds that it may be kept: no longer than the signer meant, nor than the signature holds. */
  readonly ttl: number
  /** What it was expanded from, such as "*.example."; null when its own name was signed. */
  readonly wildcard: Name | null
  readonly signature: Rrsig
}

export interface VerifierOptions {
  /** Seconds since 1970. */
  readonly now: () => number
  readonly policy: AlgorithmPolicy
}

export class Verifier {
  readonly policy: AlgorithmPolicy
  readonly #now: () => number

  constructor({ now, policy }: VerifierOptions) {
    this.policy = policy
    this.#now = now
  }

  /** Whether one of the set's signatures holds with one of the zone's keys, and if not, why. */
  verify(set: Rrset, zone: ZoneKeys, budget: Budget): Proof | Fault | Promise<Proof | Fault> {
    const candidates = new Candidates({
      set,
      zone,
      now: this.#now(),
      policy: this.policy,
      keysPerTag: budget.limits.keysPerTag,
      revoked: false,
    })
    return candidates.next() ? this.#try(candidates, budget) : candidates.fault()
  }

  async #try(candidates: Candidates, budget: Budget): Promise<Proof | Fault> {
    let bad = 0
    do {
      if (bad >= budget.limits.badSignatures || !budget.take('signatures')) {
        candidates.reject(Reason.TooMuch)
        break
      }
      const signature = candidates.signature!
      if (await holds(candidates.set, signature, candidates.key!)) {
        return proofOf(candidates.set, signature, candidates.now)
      }
      candidates.reject(Reason.Bad)
      bad++
    } while (candidates.next())
    return candidates.fault()
  }
}

export function isFault(result: Proof | Fault): result is Fault {
  return 'code' in result
}

function holds(set: Rrset, { algorithm, ...rest }: Rrsig, { key }: Dnskey): Promise<boolean> {
  const data = signedData(set, { algorithm, ...rest })
  const digest = traitsOf(algorithm)!.digest
  return new Promise((resolve) => {
    try {
      const options = { key: key!, dsaEncoding: 'ieee-p1363' as const }
      verifySignature(digest, data, options, rest.signature, (error, good) =>
        resolve(error === null && good),
      )
    } catch {
      resolve(false)
    }
  })
}

function proofOf(set: Rrset, sig: Rrsig, now: number): Proof {
  let ttl = set.ttl < sig.originalTtl ? set.ttl : sig.originalTtl
  const left = serialDistance(now, sig.expiration)
  if (left < ttl) ttl = left < 0 ? 0 : left
  const expanded = sig.labels < countLabels(set.owner)
  const wildcard = expanded ? `\x01*${ancestorWith(sig.labels, set.owner)}` : null
  return { ttl, wildcard, signature: sig }
}
