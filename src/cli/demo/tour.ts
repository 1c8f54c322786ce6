// The questions that the demo asks, and what must come back.

import { Flag } from '../../wire/header.ts'
import { parseName } from '../../wire/text/name-text.ts'
import { RecordClass, RecordType, type TypeName } from '../../wire/record-type.ts'
import { answerText, explanationOf } from './answer-text.ts'
import { ask, type Server, type Transport } from './client.ts'
import type { DotServer } from './dot-server.ts'

/** Where answers came from, as the DoT server's count of queries shows. */
export type Origin = 'upstream' | 'cache' | 'shared'

export interface Step {
  readonly name: string
  readonly type: TypeName
  readonly transport: Transport
  /** As `answerText` says it. */
  readonly expected: string
  /** One for each client that asks, all at the same moment. */
  readonly origins: readonly Origin[]
  /** Whether the client takes what nobody has proven (RFC 4035 §3.2.2). */
  readonly checkingDisabled: boolean
  /** Whether the answer must say that it was proven. */
  readonly isSecure: boolean
}

export interface Seen {
  readonly step: Step
  readonly text: string
  readonly origin: Origin
  readonly ms: number
  readonly right: boolean
  /** Whether it says that it was proven: the AD bit (RFC 4035 §3.2.3). */
  readonly isSecure: boolean
  /** Why there is no answer, for people; null when there is one, or no reason. */
  readonly why: string | null
}

const FROM_UPSTREAM = ['upstream'] as const
const FROM_CACHE = ['cache'] as const

export const TOUR: readonly Step[] = [
  expect('www.demo.example', 'A', 'UDP', '192.0.2.10', FROM_UPSTREAM),
  expect('www.demo.example', 'A', 'UDP', '192.0.2.10', FROM_CACHE),
  expect('www.demo.example', 'AAAA', 'TCP', '2001:db8::10', FROM_UPSTREAM),
  expect('demo.example', 'MX', 'UDP', '10 mail.demo.example.', FROM_UPSTREAM),
  expect('shop.demo.example', 'A', 'UDP', '3 aliases to 192.0.2.10', FROM_UPSTREAM),
  expect('big.demo.example', 'TXT', 'UDP', 'truncated (TC): ask over TCP', FROM_UPSTREAM),
  expect('big.demo.example', 'TXT', 'TCP', '20,480 octets', FROM_CACHE),
  expect('nobody.demo.example', 'A', 'UDP', 'NXDOMAIN, with SOA', FROM_UPSTREAM),
  expect('nobody.demo.example', 'A', 'UDP', 'NXDOMAIN, with SOA', FROM_CACHE),
  refused('www.broken.example', 'A', 'SERVFAIL: signature expired'),
  unchecked('www.broken.example', 'A', '192.0.2.66, not checked (CD)'),
  expect('slow.demo.example', 'A', 'UDP', '192.0.2.40', ['upstream', 'shared']),
]

function expect(
  name: string,
  type: TypeName,
  transport: Transport,
  expected: string,
  origins: readonly Origin[],
): Step {
  return { name, type, transport, expected, origins, checkingDisabled: false, isSecure: true }
}

/** What is signed wrongly is no answer. */
function refused(name: string, type: TypeName, expected: string): Step {
  return { ...expect(name, type, 'UDP', expected, FROM_UPSTREAM), isSecure: false }
}

function unchecked(name: string, type: TypeName, expected: string): Step {
  return { ...refused(name, type, expected), checkingDisabled: true }
}

/** Asks a step's question. @param upstream counts the queries that reach it */
export async function take(step: Step, server: Server, upstream: DotServer): Promise<Seen[]> {
  const name = parseName(step.name)
  if (typeof name === 'string') throw new TypeError(`${step.name}: ${name}`)
  const question = { name, type: RecordType[step.type], class: RecordClass.IN }
  const before = upstream.queriesFor(`${step.name}.`)
  const { checkingDisabled } = step
  const replies = await Promise.all(
    step.origins.map(() => ask(server, step.transport, question, checkingDisabled)),
  )
  const queries = upstream.queriesFor(`${step.name}.`) - before
  return replies.map(({ message, ms }, i) => {
    const origin = originOf(i, queries)
    const text = answerText(message) + (checkingDisabled ? ', not checked (CD)' : '')
    const isSecure = message !== null && (message.flags & Flag.AD) !== 0
    const right = text === step.expected && origin === step.origins[i] && isSecure === step.isSecure
    const why = message === null ? null : (explanationOf(message)?.text ?? null)
    return { step, text, origin, ms, right, isSecure, why }
  })
}

/** As many clients as there were queries have cost one; the others joined them. */
function originOf(client: number, queries: number): Origin {
  if (client < queries) return 'upstream'
  return queries === 0 ? 'cache' : 'shared'
}
