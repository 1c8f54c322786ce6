// One kind of misbehaviour, survived or not: what clients get from a proxy whose upstream misbehaves,
// alone or beside a healthy one, and how soon all is right again once it behaves.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import * as dnsPacket from 'dns-packet'
import { decodeMessage } from '../../src/wire/codec/message.ts'
import { TcpClient, UdpClient } from '../support/clients.ts'
import { type Answer, addressesIn, makeQuery, readAnswer } from '../support/messages.ts'
import { HostileServer } from './hostile-server.ts'
import type { Certificates, Misbehaviour, Outcome } from './misbehaviour.ts'
import { DEADLINE, Proxy } from './proxy.ts'

/** Milliseconds that answers may come late on a busy machine. */
const GRACE = 1_500

/** Milliseconds after which all must be right again. */
const RECOVERY = 1_000

const SERVFAIL = 2
const EXTENDED_ERROR = 15
const MADE_UP = '192.0.2.66'

export interface Setting {
  readonly certificates: Certificates
  /** Of the authority that the proxy trusts. */
  readonly caPath: string
  /** Whether there is a healthy upstream, too. */
  readonly beside: boolean
}

/** Throws when it is not survived. */
export async function survive(kind: Misbehaviour, setting: Setting): Promise<void> {
  const { certificates, caPath, beside } = setting
  await using hostile = await HostileServer.start(kind, certificates)
  await using healthy = beside ? await HostileServer.start(null, certificates) : null
  const upstreams = healthy === null ? [hostile] : [hostile, healthy]
  await using proxy = await Proxy.start(upstreams, caPath)
  await using client = await Client.open(proxy.port)
  await using other = await Client.open(proxy.port)

  const { type = 1, alone, maxQueries = 2 } = kind
  const outcome = beside ? (kind.beside ?? 'right') : alone
  const [overUdp, overTcp, others] = await Promise.all([
    client.ask('bad-u', { type }),
    client.ask('bad-t', { type, tcp: true, dnssecOk: true }),
    other.ask('other'),
  ])
  judge(overUdp, outcome, type)
  judge(overTcp, outcome, type)
  judge(others, outcomeForOthers(kind, beside), 1)
  for (const label of ['bad-u', 'bad-t']) {
    const asked = sum(upstreams.map((upstream) => upstream.asked.get(label) ?? 0))
    assert.ok(asked <= maxQueries, `${asked} queries for ${label}`)
  }
  await hostile.behave()
  await recovers(other)
  await staysClean(other)
}

function outcomeForOthers(kind: Misbehaviour, beside: boolean): Outcome {
  if (beside) return 'right'
  if (kind.everything === true) return kind.alone
  return kind.spoils === true ? 'either' : 'right'
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Fresh names, one after the other: what failed may be remembered for a second (RFC 9520). */
async function recovers(client: Client): Promise<void> {
  const begun = performance.now()
  const right: number[] = []
  for (let i = 0; right.length === 0 && performance.now() - begun < RECOVERY; i++) {
    const asked = client.ask(`bad-again-${i}`).then(({ answer }) => {
      if (isRight(answer, 1)) right.push(i)
    })
    await Promise.race([asked, delay(40)])
  }
  assert.notEqual(right.length, 0, `no right answer within ${RECOVERY} ms after it behaves`)
}

/** Names that answers to others spoke of are as they were (RFC 2181 §5.4.1). */
async function staysClean(client: Client): Promise<void> {
  for (const label of ['other-two', 'a', 'b']) {
    const { answer } = await client.ask(label)
    assert.ok(!addressesIn(answer).includes(MADE_UP), `${label} is poisoned`)
  }
}

function judge({ answer, explanation }: Got, outcome: Outcome, type: number): void {
  if (typeof outcome === 'function') {
    outcome(answer)
    return
  }
  const right = isRight(answer, type)
  const failed = isFailure(answer)
  const said = `response code ${answer.rcode}, addresses ${addressesIn(answer).join()}, ${explanation}`
  if (outcome === 'right') assert.ok(right, `not the right answer: ${said}`)
  else if (outcome === 'failure') assert.ok(failed, `no failure that is explained: ${said}`)
  else assert.ok(right || failed, `neither right nor a failure: ${said}`)
}

function isRight(answer: Answer, type: number): boolean {
  if (answer.rcode !== 0 || answer.truncated) return false
  if (type === 1)
    return addressesIn(answer).includes('192.0.2.1') && !addressesIn(answer).includes(MADE_UP)
  return answer.records.some((found) => found.section === 'answer' && found.type === type)
}

/** SERVFAIL that says why (RFC 8914), and no data. */
function isFailure(answer: Answer): boolean {
  const { rcode, records, extendedErrors } = answer
  return rcode === SERVFAIL && records.length === 0 && extendedErrors.length > 0
}

interface Got {
  readonly answer: Answer
  /** For people: the text of extended errors. */
  readonly explanation: string
}

interface Asking {
  readonly type?: number
  readonly tcp?: boolean
  readonly dnssecOk?: boolean
}

/** Asks over UDP and TCP, and looks at every octet that comes back. */
class Client implements AsyncDisposable {
  readonly #udp: UdpClient
  readonly #tcp: TcpClient
  readonly #port: number
  #id = 0

  private constructor(udp: UdpClient, tcp: TcpClient, port: number) {
    this.#udp = udp
    this.#tcp = tcp
    this.#port = port
  }

  static async open(port: number): Promise<Client> {
    const endpoint = { host: '127.0.0.1', port }
    return new Client(await UdpClient.open(endpoint), await TcpClient.open(endpoint), port)
  }

  async ask(label: string, { type = 1, tcp = false, dnssecOk = false }: Asking = {}): Promise<Got> {
    const id = ++this.#id
    const query = makeQuery(`${label}.example.org`, { id, type, opts: [{ dnssecOk }] })
    const transport = tcp ? this.#tcp : this.#udp
    transport.send(query)
    const giveUp = performance.now() + DEADLINE + GRACE
    for (;;) {
      const found = transport.answers.filter((answer) => answer.readUInt16BE(0) === id)
      assert.ok(found.length < 2, `${found.length} answers to one query`)
      if (found.length === 1) return inspect(found[0]!, query, tcp)
      assert.ok(performance.now() < giveUp, `no answer for ${label}, port ${this.#port}`)
      await delay(3)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#udp[Symbol.asyncDispose]()
    await this.#tcp[Symbol.asyncDispose]()
  }
}

/** Takes an answer apart three times over: no decoder may find anything wrong with it. */
function inspect(bytes: Buffer, query: Buffer, tcp: boolean): Got {
  const hex = bytes.toString('hex')
  const decoded = decodeMessage(bytes)
  if (typeof decoded === 'string') assert.fail(`${decoded}: ${hex}`)
  const answer = readAnswer(bytes)
  assert.doesNotThrow(() => dnsPacket.decode(bytes), hex)
  assert.deepEqual(answer.question, query.subarray(12, 12 + answer.question.length), hex)
  assert.equal(answer.question.length, query.length - 12 - 11)
  // QR and RA set, QUERY, no Z.
  assert.equal(answer.flags & 0xf8c0, 0x8080, `flags ${answer.flags.toString(16)}`)
  assert.notEqual(answer.udpSize, null, 'no OPT')
  assert.ok(answer.rcode < 16, `response code ${answer.rcode}`)
  if (tcp) assert.ok(!answer.truncated, 'TC over TCP')
  else assert.ok(bytes.length <= 1_232, `${bytes.length} octets over UDP`)
  const explanations = decoded.edns?.options.filter(({ code }) => code === EXTENDED_ERROR) ?? []
  const explanation = explanations.map(({ data }) => Buffer.from(data).toString('latin1', 2)).join()
  return { answer, explanation }
}
