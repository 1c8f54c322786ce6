// A stream of queries over UDP at a fixed pace, and what became of each: for limits, ours and those
// of other servers.

import { setTimeout as delay } from 'node:timers/promises'
import { type Endpoint, UdpClient } from './clients.ts'
import { makeQuery, Rcode, readAnswer } from './messages.ts'

export interface Stream {
  readonly count: number
  /** Queries a second; all at once when left out. */
  readonly perSecond?: number
  /** What query `i` asks for. */
  readonly name: (i: number) => string
}

/** Numbers of queries. */
export interface Classes {
  /** With what was asked for, be it that there is no such thing. */
  readonly answered: number
  /** Empty with TC. */
  readonly truncated: number
  readonly refused: number
  readonly dropped: number
}

/** How often the stream is caught up with, and how long the last answers may take. */
const PACE_MS = 10
const LAST_MS = 500

export async function sendStream(server: Endpoint, stream: Stream): Promise<Classes> {
  const { count, perSecond = Infinity, name } = stream
  await using client = await UdpClient.open(server)
  const begun = performance.now()
  for (let sent = 0; ; await delay(PACE_MS)) {
    const due = Math.min(count, 1 + ((performance.now() - begun) * perSecond) / 1000)
    for (; sent < due; sent++) client.send(makeQuery(name(sent), { id: sent }))
    if (sent === count) break
  }
  await client.quiet(LAST_MS)
  const answers = new Map(client.answers.map((octets) => [octets.readUInt16BE(0), octets]))
  let [answered, truncated, refused] = [0, 0, 0]
  for (const octets of answers.values()) {
    const { rcode, records, truncated: tc } = readAnswer(octets)
    if (tc && records.every(({ section }) => section === 'additional')) truncated++
    else if (rcode === Rcode.Refused) refused++
    else answered++
  }
  return { answered, truncated, refused, dropped: count - answers.size }
}
