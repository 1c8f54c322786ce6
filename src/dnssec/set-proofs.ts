// Whether the sets of one answer are what their zones signed (RFC 4035 §5.3): each by the zone that its
// signature names, if that is one which can have signed it, and has keys that are proven.

import { RecordType } from '../wire/record-type.ts'
import { formatType } from '../wire/text/type-text.ts'
import { ExtendedError } from '../wire/edns.ts'
import { Budget } from './budget.ts'
import type { Chain } from './chain/chain.ts'
import { mayHaveRolledOver, type SecureTrust } from './chain/trust.ts'
import { denyCloser } from './denial/denial.ts'
import { type DenialSets, verifyDenial } from './denial-sets.ts'
import { bogus, type Finding, findingOf, INSECURE, insecure, SECURE } from './finding.ts'
import { isAtOrBelow, type Name, nameText, parentOf, ROOT } from './name.ts'
import type { Rrset, SignedMessage } from './rrset.ts'
import { settled, type Steps } from './steps.ts'
import type { Fault } from './verdict.ts'
import { isFault, type Proof, type Verifier } from './verifier.ts'

/** Zones that may have signed one set: a parent and its child both do, by mistake. */
const MAX_SIGNERS = 3

/** Zones whose chains are looked for while one is: answers seldom lead through more. */
const MAX_FORESEEN = 4

export interface SetProofsOptions {
  readonly chain: Chain
  readonly verifier: Verifier
  readonly message: SignedMessage
  readonly budget: Budget
}

export class SetProofs {
  /** See `Verdict.ttls`. */
  readonly ttls: Int32Array
  readonly #chain: Chain
  readonly #verifier: Verifier
  readonly #message: SignedMessage
  readonly #budget: Budget
  readonly #denials: { readonly zone: Name; readonly name: Name; readonly sets: DenialSets }[] = []
  #isForeseen = false

  constructor({ chain, verifier, message, budget }: SetProofsOptions) {
    this.ttls = new Int32Array(message.count).fill(-1)
    this.#chain = chain
    this.#verifier = verifier
    this.#message = message
    this.#budget = budget
  }

  /** What a set is; `ttls` of a secure one are filled in. */
  *find(set: Rrset): Steps<Finding> {
    const { owner } = set
    const exempt = this.#chain.exemption(owner)
    if (exempt !== null) return exempt
    let fault: Fault | null = null
    let isUnsigned = set.signatures.length === 0
    for (const signer of this.signersOf([set], owner, set.type)) {
      const trust = yield* this.trustOf(signer)
      if (trust === null) {
        isUnsigned = true
        continue
      }
      const proof = yield* this.#verify(set, trust)
      if (!isFault(proof)) return yield* this.#held(set, proof, trust)
      fault ??= proof
    }
    if (fault !== null && !isUnsigned) return bogus(fault, owner)
    return yield* this.#unproven(set, fault)
  }

  /**
   * Zones that say they signed one of the sets, of those that can have a say about a name: it must be at
   * or below them (RFC 4035 §5.3.1), and for DS below, as these are the parent's. The closest come first.
   */
  signersOf(sets: readonly Rrset[], name: Name, type: number): readonly Name[] {
    const lowest = type === RecordType.DS && name !== ROOT ? parentOf(name) : name
    const signers: Name[] = []
    for (const { signatures } of sets) {
      for (const { signer } of signatures) {
        if (signers.includes(signer) || !isAtOrBelow(lowest, signer)) continue
        if (this.#chain.mayVouch(signer, lowest)) signers.push(signer)
      }
    }
    if (signers.length > 1) signers.sort((a, b) => b.length - a.length)
    return signers.length > MAX_SIGNERS ? signers.slice(0, MAX_SIGNERS) : signers
  }

  /** What data at a name are that nobody has signed. @param type of them, for people */
  *findUnsigned(name: Name, type: number): Steps<Finding> {
    const trust = yield* settled(this.#chain.trustAround(name, this.#budget))
    if (trust.security !== 'secure') return findingOf(trust)
    const text = `${nameText(name)} ${formatType(type)}: is not signed`
    return bogus({ code: ExtendedError.RrsigsMissing, text }, name)
  }

  /** The zone's keys; null when the name is no zone, or none that is secure. */
  *trustOf(signer: Name): Steps<SecureTrust | null> {
    const found = this.#chain.trustOf(signer, this.#budget)
    if (found instanceof Promise) this.#foresee(signer)
    const trust = yield* settled(found)
    return trust.security === 'secure' && trust.zone === signer ? trust : null
  }

  /** What a zone vouches for of the denials that can tell of a name, checked once. */
  *denialBy(trust: SecureTrust, name: Name): Steps<DenialSets> {
    const known = this.#denials.find((one) => one.zone === trust.zone && one.name === name)
    if (known !== undefined) return known.sets
    const { authority } = this.#message
    let sets = yield* verifyDenial(authority, name, trust, this.#verifier, this.#budget)
    if (sets.fault !== null) {
      const renewed = yield* this.#renewed(trust, sets.fault)
      if (renewed !== null) {
        sets = yield* verifyDenial(authority, name, renewed, this.#verifier, this.#budget)
      }
    }
    this.#denials.push({ zone: trust.zone, name, sets })
    return sets
  }

  /** Fills in how long a set may be kept. @param ttl in seconds */
  keep(set: Rrset, ttl: number): void {
    for (const place of set.places) this.ttls[place] = ttl
  }

  keepDenial({ sets, proofs }: DenialSets): void {
    for (const [i, set] of sets.entries()) this.keep(set, proofs[i]!.ttl)
  }

  *#verify(set: Rrset, trust: SecureTrust): Steps<Proof | Fault> {
    const proof = yield* settled(this.#verifier.verify(set, trust, this.#budget))
    if (!isFault(proof)) return proof
    const renewed = yield* this.#renewed(trust, proof)
    if (renewed === null) return proof
    return yield* settled(this.#verifier.verify(set, renewed, this.#budget))
  }

  /** Other keys of the zone, when they might not fail like those at hand. */
  *#renewed(trust: SecureTrust, fault: Fault): Steps<SecureTrust | null> {
    if (!mayHaveRolledOver(fault)) return null
    const renewed = yield* settled(this.#chain.renewed(trust, this.#budget))
    if (renewed === null || renewed === trust || renewed.security !== 'secure') return null
    return renewed.zone === trust.zone ? renewed : null
  }

  /** The set was signed. What a wildcard was expanded to needs a proof of its own (RFC 4035 §5.3.4). */
  *#held(set: Rrset, { ttl, wildcard }: Proof, trust: SecureTrust): Steps<Finding> {
    const { owner, type } = set
    if (wildcard === null) {
      this.keep(set, ttl)
      return SECURE
    }
    if (type === RecordType.DNAME || type === RecordType.DS) {
      // RFC 4592 §4.4, §4.6: nobody knows what they would mean.
      const text = `${nameText(owner)} ${formatType(type)}: expanded from ${nameText(wildcard)}`
      return bogus({ code: ExtendedError.DnssecBogus, text }, owner)
    }
    const found = yield* this.denialBy(trust, owner)
    const denial = { zone: trust.zone, sets: found.sets }
    const denied = denyCloser(denial, owner, wildcard, this.#budget)
    switch (denied.kind) {
      case 'proven':
        this.keep(set, ttl)
        this.keepDenial(found)
        return SECURE
      case 'opt-out':
        return INSECURE
      case 'insecure':
        return insecure(denied.fault, trust.zone)
      case 'unproven':
        return bogus(found.fault ?? denied.fault, owner)
    }
  }

  /** The set has no signature that could count. Whether it needs one is up to the zone around it. */
  *#unproven(set: Rrset, fault: Fault | null): Steps<Finding> {
    const { owner, type } = set
    const inside = type === RecordType.DS ? parentOf(owner) : owner
    const trust = yield* settled(this.#chain.trustAround(inside, this.#budget))
    if (trust.security !== 'secure') return findingOf(trust)
    if (fault !== null) return bogus(fault, owner)
    const proof = yield* settled(this.#verifier.verify(set, trust, this.#budget))
    // It holds when the chain, which was asked for before, could be proven only now.
    return isFault(proof) ? bogus(proof, owner) : yield* this.#held(set, proof, trust)
  }

  /** The first chain has to be waited for: others are looked for meanwhile. */
  #foresee(first: Name): void {
    if (this.#isForeseen) return
    this.#isForeseen = true
    const signers = new Set([first])
    const budget = new Budget(this.#budget.limits)
    for (const { signatures } of this.#message.answer) {
      const signer = signatures[0]?.signer
      if (signer === undefined || signers.has(signer) || signers.size >= MAX_FORESEEN) continue
      signers.add(signer)
      // With the work of another question, all of them. Of a fault hears who needs it.
      const ahead = this.#chain.trustOf(signer, budget)
      if (ahead instanceof Promise) ahead.catch(() => {})
    }
  }
}
