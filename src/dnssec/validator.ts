// Judges answers (RFC 4035 §5). First it follows what the answer claims, from the name that was asked
// for to what is at the end. Then each claim must hold: every set of the answer, and where there is
// nothing at the end, that there is nothing. The worst of it is the verdict.

import { ExtendedError } from '../wire/edns.ts'
import { Rcode } from '../wire/header.ts'
import { RecordClass, RecordType } from '../wire/record-type.ts'
import { formatRcode, formatType } from '../wire/text/type-text.ts'
import { type AnswerPath, followAnswer, PathEnd, type Synthesis } from './answer-path.ts'
import { Budget, DEFAULT_WORK, type WorkLimits } from './budget.ts'
import type { Chain } from './chain/chain.ts'
import { findDenial } from './denial-proof.ts'
import { bogus, type Finding, SECURE, UNKNOWN, worse } from './finding.ts'
import { isAtOrBelow, nameText, parentOf } from './name.ts'
import type { Rrset, SignedMessage } from './rrset.ts'
import { SetProofs } from './set-proofs.ts'
import { run, type Steps } from './steps.ts'
import { Security, type Verdict } from './verdict.ts'
import type { Verifier } from './verifier.ts'

export interface ValidatorMetrics {
  /** An answer took more work than it may. */
  cutOff(): void
}

export interface ValidatorOptions {
  readonly chain: Chain
  readonly verifier: Verifier
  /** For each answer. */
  readonly work?: WorkLimits
  readonly metrics?: ValidatorMetrics
}

const noMetrics: ValidatorMetrics = { cutOff() {} }

/** No data, or none that anybody could sign. */
const NOTHING_TO_PROVE: Verdict = { ...UNKNOWN, ttls: null }

export class Validator {
  readonly #chain: Chain
  readonly #verifier: Verifier
  readonly #work: WorkLimits
  readonly #metrics: ValidatorMetrics

  constructor({ chain, verifier, work = DEFAULT_WORK, metrics = noMetrics }: ValidatorOptions) {
    this.#chain = chain
    this.#verifier = verifier
    this.#work = work
    this.#metrics = metrics
  }

  /** At once where nothing has to be waited for. Rejects never. */
  validate(message: SignedMessage): Verdict | Promise<Verdict> {
    if (!hasData(message)) return NOTHING_TO_PROVE
    return run(this.#judge(message))
  }

  *#judge(message: SignedMessage): Steps<Verdict> {
    const budget = new Budget(this.#work)
    const path = followAnswer(message, budget)
    const proofs = new SetProofs({ chain: this.#chain, verifier: this.#verifier, message, budget })
    let found = yield* findSets(message, path, proofs)
    if (found.security !== Security.Bogus) {
      found = worse(found, yield* this.#end(message, path, proofs, budget))
    }
    if (budget.isSpent) this.#metrics.cutOff()
    const { security, fault, at, isPassing = false } = found
    return {
      security,
      fault,
      at,
      isPassing,
      ttls: security === Security.Secure ? proofs.ttls : null,
    }
  }

  *#end(
    message: SignedMessage,
    path: AnswerPath,
    proofs: SetProofs,
    budget: Budget,
  ): Steps<Finding> {
    const { rcode, type } = message
    const { name } = path
    const isExpected = rcode === (path.end === PathEnd.TooLong ? Rcode.YXDomain : Rcode.NoError)
    switch (path.end) {
      case PathEnd.Data:
      case PathEnd.TooLong:
        return isExpected ? SECURE : contradicted(message, path)
      case PathEnd.Signatures:
        return isExpected ? UNKNOWN : contradicted(message, path)
      case PathEnd.TooFar: {
        const text = `${nameText(message.name)} ${formatType(type)}: too many aliases`
        return bogus({ code: ExtendedError.DnssecBogus, text }, name)
      }
      case PathEnd.Nothing: {
        // There is no alias that the name could be too long for.
        if (rcode === Rcode.YXDomain) return contradicted(message, path)
        const chain = this.#chain
        const verifier = this.#verifier
        const found = yield* findDenial({ chain, verifier, message, name, proofs, budget })
        return found.security === Security.Secure ? yield* findSoa(message, path, proofs) : found
      }
    }
  }
}

/** What other rcodes come with is no data: nothing to prove, and nothing to believe. */
function hasData({ rcode, class: recordClass }: SignedMessage): boolean {
  if (recordClass !== RecordClass.IN) return false
  return rcode === Rcode.NoError || rcode === Rcode.NXDomain || rcode === Rcode.YXDomain
}

/** All sets of the answer must hold, and CNAMEs made by a DNAME be what it makes. */
function* findSets({ answer }: SignedMessage, path: AnswerPath, proofs: SetProofs): Steps<Finding> {
  const { syntheses } = path
  let worst = SECURE
  for (const set of answer) {
    if (syntheses.some(({ cname }) => cname === set)) continue
    worst = worse(worst, yield* proofs.find(set))
    if (worst.security === Security.Bogus) return worst
  }
  for (const synthesis of syntheses) {
    worst = worse(worst, yield* findSynthesis(synthesis, proofs))
  }
  return worst
}

/** RFC 6672 §5.3.1: the DNAME's signature stands for the CNAME, which has no other TTL. */
function* findSynthesis(
  { name, cname, dname, isExact }: Synthesis,
  proofs: SetProofs,
): Steps<Finding> {
  const limit = proofs.ttls[dname.places[0]!]!
  // The DNAME is not signed: then it has no say about zones that are.
  if (limit === -1) return yield* proofs.findUnsigned(name, RecordType.CNAME)
  if (!isExact) {
    const text = `${nameText(name)} CNAME: not what the DNAME of ${nameText(dname.owner)} makes`
    return bogus({ code: ExtendedError.DnssecBogus, text }, name)
  }
  if (cname !== null) proofs.keep(cname, cname.ttl < limit ? cname.ttl : limit)
  return SECURE
}

/** How long nothing may be kept is for the zone to say (RFC 2308 §5), so that must hold, too. */
function* findSoa(
  { authority, type }: SignedMessage,
  { name }: AnswerPath,
  proofs: SetProofs,
): Steps<Finding> {
  // Of DS the parent says it (RFC 4035 §3.1.4.1), whatever the child has to say.
  const inside = type === RecordType.DS ? parentOf(name) : name
  let worst = SECURE
  for (const set of authority) {
    if (isSoaOver(set, inside)) worst = worse(worst, yield* proofs.find(set))
  }
  return worst
}

function isSoaOver({ owner, type }: Rrset, name: string): boolean {
  return type === RecordType.SOA && isAtOrBelow(name, owner)
}

/** The rcode is not signed; it says something else than what is. */
function contradicted({ rcode, type }: SignedMessage, { name }: AnswerPath): Finding {
  const text = `${nameText(name)} ${formatType(type)}: the answer says ${formatRcode(rcode)} as well`
  return bogus({ code: ExtendedError.DnssecBogus, text }, name)
}
