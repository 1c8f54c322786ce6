// The questions that the demo asks, and what must come back.

import { parseName } from '../../wire/text/name-text.ts'
import { RecordClass, RecordType, type TypeName } from '../../wire/record-type.ts'
import { answerText } from './answer-text.ts'
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
}

export interface Seen {
  readonly step: Step
  readonly text: string
  readonly origin: Origin
  readonly ms: number
  readonly right: boolean
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
  expect('slow.demo.example', 'A', 'UDP', '192.0.2.40', ['upstream', 'shared']),
]

function expect(
  name: string,
  type: TypeName,
  transport: Transport,
  expected: string,
  origins: readonly Origin[],
): Step {
  return { name, type, transport, expected, origins }
}

/** Asks a step's question. @param upstream counts the queries that reach it */
export async function take(step: Step, server: Server, upstream: DotServer): Promise<Seen[]> {
  const name = parseName(step.name)
  if (typeof name === 'string') throw new TypeError(`${step.name}: ${name}`)
  const question = { name, type: RecordType[step.type], class: RecordClass.IN }
  const before = upstream.queriesFor(`${step.name}.`)
  const replies = await Promise.all(step.origins.map(() => ask(server, step.transport, question)))
  const queries = upstream.queriesFor(`${step.name}.`) - before
  return replies.map(({ message, ms }, i) => {
    const origin = originOf(i, queries)
    const text = answerText(message)
    const right = text === step.expected && origin === step.origins[i]
    return { step, text, origin, ms, right }
  })
}

/** As many clients as there were queries have cost one; the others joined them. */
function originOf(client: number, queries: number): Origin {
  if (client < queries) return 'upstream'
  return queries === 0 ? 'cache' : 'shared'
}
