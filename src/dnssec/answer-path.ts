// Where an answer leads from the name that was asked for (RFC 1034 §3.6.2, RFC 6672 §3.2): what it
// claims, none of it proven yet.

import { Rcode } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import type { Budget } from './budget.ts'
import { isBelow, type Name, readName, replaceEnd } from './name.ts'
import type { Rrset, SignedMessage } from './rrset.ts'

/** What the answer has at the end of the way. */
export const PathEnd = {
  /** Records of the type. */
  Data: 'data',
  /** Signatures alone, which nobody signs (RFC 4035 §2.2). */
  Signatures: 'signatures',
  /** Nothing: there is no such name, or none of its records is of the type. */
  Nothing: 'nothing',
  /** A DNAME that would make the name too long (RFC 6672 §2.2). */
  TooLong: 'too long',
  /** More aliases than are followed. */
  TooFar: 'too far',
} as const
export type PathEnd = (typeof PathEnd)[keyof typeof PathEnd]

/** A DNAME that acts on a name of the way, with the CNAME beside it, if there is one. */
export interface Synthesis {
  readonly name: Name
  readonly cname: Rrset | null
  readonly dname: Rrset
  /** Whether it is what the DNAME makes, and so needs no signature (RFC 6672 §5.3.1). */
  readonly isExact: boolean
}

export interface AnswerPath {
  /** The last name on the way. */
  readonly name: Name
  readonly end: PathEnd
  readonly syntheses: readonly Synthesis[]
}

export function followAnswer(message: SignedMessage, budget: Budget): AnswerPath {
  const { answer, type, rcode, loose } = message
  // Some servers go on behind a CNAME that was asked for and that a DNAME makes, some do not.
  const isLast = isCnameWanted(type) && rcode === Rcode.NoError
  const syntheses: Synthesis[] = []
  let { name } = message
  for (;;) {
    const dname = highestDname(answer, name)
    if (dname === null && has(answer, name, type)) return { name, end: PathEnd.Data, syntheses }
    const cname = setAt(answer, name, RecordType.CNAME)
    let next = cname === undefined ? null : targetOf(cname)
    if (dname !== null) {
      const target = replaceEnd(name, dname.owner, targetOf(dname))
      const isExact = cname === undefined || (next === target && cname.records.length === 1)
      syntheses.push({ name, cname: cname ?? null, dname, isExact })
      if (cname !== undefined) {
        if (isLast) return { name, end: PathEnd.Data, syntheses }
      } else if (target === null) return { name, end: PathEnd.TooLong, syntheses }
      else next = target
    }
    if (next === null) {
      const isProof = type === RecordType.RRSIG && loose.some(({ owner }) => owner === name)
      return { name, end: isProof ? PathEnd.Signatures : PathEnd.Nothing, syntheses }
    }
    if (!budget.take('hops')) return { name, end: PathEnd.TooFar, syntheses }
    name = next
  }
}

/** The highest acts: below it there is nothing in its zone, other DNAMEs included (RFC 6672 §2.4). */
function highestDname(answer: readonly Rrset[], name: Name): Rrset | null {
  let highest: Rrset | null = null
  for (const set of answer) {
    if (set.type !== RecordType.DNAME || !isBelow(name, set.owner)) continue
    if (highest === null || set.owner.length < highest.owner.length) highest = set
  }
  return highest
}

function has(answer: readonly Rrset[], name: Name, type: number): boolean {
  for (const set of answer) {
    if ((set.type === type || type === RecordType.ANY) && set.owner === name) return true
  }
  return false
}

function setAt(answer: readonly Rrset[], name: Name, type: number): Rrset | undefined {
  return answer.find((set) => set.type === type && set.owner === name)
}

function isCnameWanted(type: number): boolean {
  return type === RecordType.CNAME || type === RecordType.ANY
}

/** Of a CNAME or DNAME, of which there may be but one (RFC 2181 §10.1, RFC 6672 §2.4). */
function targetOf({ records }: Rrset): Name {
  return readName(records[0]!, 0, 0)
}
