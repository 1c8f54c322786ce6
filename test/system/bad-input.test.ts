// Whatever clients send, through real sockets: an answer by the RFC or silence, the same process
// afterwards, no growth, and counters that name the cause.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assert as check, asyncProperty, integer, record, uint8Array } from 'fast-check'
import { createTestCa } from '../support/certificates.ts'
import { frame, TcpClient, UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'

const QR = 0x8000
const VALID = makeQuery('www.example.org', { opts: [{ dnssecOk: true }] })
const QUESTION_END = 12 + 'www.example.org'.length + 2 + 4

/** Of the query sent behind one that must not be answered. */
const PROBE_ID = 0xfffe

const running = new AsyncDisposableStack()
let proxy: Dotward
let udp: UdpClient

before(async () => {
  const ca = running.use(createTestCa())
  const certificate = ca.issue({ names: [DOT_NAME] })
  const { port } = running.use(await DotServer.start({ certificate }))
  const upstream = { address: '127.0.0.1', port, tlsName: DOT_NAME, ca: ca.caPath }
  proxy = running.use(await Dotward.start({ upstreams: [upstream] }))
  udp = running.use(await openUdp())
})
after(() => running.disposeAsync())

const openUdp = (): Promise<UdpClient> => UdpClient.open({ host: '127.0.0.1', port: proxy.port })
const openTcp = (): Promise<TcpClient> => TcpClient.open({ host: '127.0.0.1', port: proxy.port })

/** What the counter grew by while `act` ran. */
async function growth(counter: string, act: () => Promise<void>): Promise<number> {
  const earlier = await proxy.counters()
  await act()
  return (await proxy.counters())(counter) - earlier(counter)
}

/** The response code of the answer over UDP, which must come. Late answers to others stay out. */
async function rcodeOf(message: Uint8Array): Promise<number> {
  await using client = await openUdp()
  const answer = await client.ask(message)
  assert.ok(answer !== null, `no answer to ${Buffer.from(message).toString('hex')}`)
  return readAnswer(answer).rcode
}

/** No answer before that to a query sent behind it: whatever is refused is refused in order. */
async function assertSilence(message: Uint8Array): Promise<void> {
  await using client = await openUdp()
  client.send(message)
  const answer = await client.ask(makeQuery('www.example.org', { id: PROBE_ID }))
  assert.equal(answer?.readUInt16BE(0), PROBE_ID)
}

/** What an answer to a damaged query must be: one to that ID, whole, and of a code that fits. */
function assertProper(answer: Buffer, query: Uint8Array): void {
  const { id, rcode } = readAnswer(answer)
  assert.equal(id, Buffer.from(query).readUInt16BE(0))
  assert.ok(
    [Rcode.NoError, Rcode.FormErr, Rcode.ServFail, Rcode.NotImp, Rcode.BadVers].includes(
      rcode as never,
    ),
    `rcode ${rcode} to ${Buffer.from(query).toString('hex')}`,
  )
}

/** Sends all over UDP, with an ID of its own each, and checks whatever comes back. */
async function bombard(messages: readonly Uint8Array[]): Promise<void> {
  await using client = await openUdp()
  const sent = new Map<number, Uint8Array>()
  for (const [index, message] of messages.entries()) {
    const copy = Buffer.from(message)
    if (copy.length >= 2) copy.writeUInt16BE(index)
    // Below the length of a header, silence is the only answer.
    if (copy.length >= 12) sent.set(index, copy)
    client.send(copy)
    // Not more at once than the socket's buffer holds.
    if (index % 64 === 63) await client.ask(VALID)
  }
  await client.ask(VALID)
  sent.set(VALID.readUInt16BE(0), VALID)
  for (const answer of client.answers) {
    const query = sent.get(answer.readUInt16BE(0))
    assert.ok(query !== undefined, `an answer to nothing: ${answer.toString('hex')}`)
    assertProper(answer, query)
  }
}

test('a valid query is answered to begin with', async () => {
  assert.deepEqual(addressesIn(readAnswer((await udp.ask(VALID))!)), ['192.0.2.1'])
})

test('every truncation of a valid query: silence below 12 octets, else FORMERR (RFC 1035 §4.1.1)', async () => {
  for (let length = 0; length < VALID.length; length++) {
    const message = VALID.subarray(0, length)
    if (length < 12) await assertSilence(message)
    else assert.equal(await rcodeOf(message), Rcode.FormErr, `cut to ${length} octets`)
  }
})

test('a message with QR=1 is dropped, whatever its code (RFC 1035 §4.1.1)', async () => {
  const dropped = await growth('rejected{reason="not-a-query"}', async () => {
    for (let rcode = 0; rcode < 16; rcode++) {
      const message = makeQuery('www.example.org', { flags: QR | 0x0100 | rcode })
      await assertSilence(message)
    }
  })
  assert.equal(dropped, 16)
})

test('an opcode other than QUERY: NOTIMP (RFC 1035 §4.1.1)', async () => {
  const rejected = await growth('rejected{reason="not-implemented"}', async () => {
    for (let opcode = 1; opcode < 16; opcode++) {
      const message = makeQuery('www.example.org', { flags: opcode << 11 })
      assert.equal(await rcodeOf(message), Rcode.NotImp, `opcode ${opcode}`)
    }
  })
  assert.equal(rejected, 15)
})

test('zone transfers are not implemented, over UDP or TCP', async () => {
  for (const type of [251, 252]) {
    const message = makeQuery('example.org', { type })
    assert.equal(await rcodeOf(message), Rcode.NotImp)
    await using tcp = await openTcp()
    assert.equal(readAnswer((await tcp.ask(message))!).rcode, Rcode.NotImp)
  }
})

test('QDCOUNT other than 1: FORMERR (RFC 9619)', async () => {
  const rejected = await growth('rejected{reason="malformed"}', async () => {
    for (const questions of [0, 2, 3, 256, 65_535]) {
      const message = makeQuery('www.example.org', { questions })
      assert.equal(await rcodeOf(message), Rcode.FormErr, `QDCOUNT ${questions}`)
    }
    // Two questions, both there.
    const two = Buffer.concat([
      makeQuery('www.example.org', { questions: 2 }),
      VALID.subarray(12, QUESTION_END),
    ])
    assert.equal(await rcodeOf(two), Rcode.FormErr)
  })
  assert.equal(rejected, 6)
})

const label = (length: number): Buffer =>
  Buffer.concat([Buffer.of(length), Buffer.alloc(length, 0x61)])
const BAD_NAMES: Readonly<Record<string, Buffer>> = {
  'a pointer to itself': Buffer.from([0xc0, 12]),
  'a pointer forwards': Buffer.from([0xc0, 14, 0]),
  'a pointer into the header': Buffer.from([0xc0, 0]),
  'a label type of 01': Buffer.from([0x41, 0x61, 0]),
  'a label type of 10': Buffer.from([0x81, 0x61, 0]),
  'a label that goes beyond the message': Buffer.from([63, 0x61]),
  'a name of 256 octets': Buffer.concat([label(63), label(63), label(63), label(62), Buffer.of(0)]),
  'a name without an end': Buffer.from([1, 0x61, 1]),
}
for (const [what, name] of Object.entries(BAD_NAMES)) {
  test(`${what}: FORMERR (RFC 1035 §3.1, §4.1.4)`, async () => {
    const message = Buffer.concat([
      VALID.subarray(0, 10),
      Buffer.alloc(2),
      name,
      Buffer.from([0, 1, 0, 1]),
    ])
    assert.equal(await rcodeOf(message), Rcode.FormErr)
  })
}

test('the longest name of 255 octets is answered (RFC 1035 §3.1)', async () => {
  const name = [63, 63, 63, 61].map((length) => 'a'.repeat(length)).join('.')
  assert.equal(await rcodeOf(makeQuery(name)), Rcode.NoError)
})

test('two OPT records: FORMERR (RFC 6891 §6.1.1)', async () => {
  assert.equal(await rcodeOf(makeQuery('www.example.org', { opts: [{}, {}] })), Rcode.FormErr)
})

test('an EDNS version above 0: BADVERS, with our own OPT of version 0 (RFC 6891 §6.1.3)', async () => {
  const rejected = await growth('rejected{reason="bad-version"}', async () => {
    for (const version of [1, 2, 255]) {
      const answer = (await udp.ask(makeQuery('www.example.org', { opts: [{ version }] })))!
      const { rcode, udpSize } = readAnswer(answer)
      assert.equal(rcode, Rcode.BadVers)
      assert.notEqual(udpSize, null)
      assert.equal(answer.at(-5), 0, 'version 0')
    }
  })
  assert.equal(rejected, 3)
})

test('octets behind the message: FORMERR', async () => {
  assert.equal(await rcodeOf(Buffer.concat([VALID, Buffer.of(0)])), Rcode.FormErr)
})

test('every single-octet change of a valid query: an answer by the RFC, or silence', async () => {
  const messages: Buffer[] = []
  for (let at = 2; at < VALID.length; at++) {
    for (const value of [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff, VALID[at]! ^ 0x20]) {
      const message = Buffer.from(VALID)
      message[at] = value
      messages.push(message)
    }
  }
  await bombard(messages)
})

for (const seed of [1, 20_250_101, Date.now() % 2 ** 31]) {
  test(`changed, cut and random octets, seed ${seed}`, async () => {
    const batches: Buffer[] = []
    const change = record({
      at: integer({ min: 2, max: VALID.length - 1 }),
      value: integer({ min: 0, max: 255 }),
      length: integer({ min: 0, max: VALID.length }),
      noise: uint8Array({ maxLength: 80 }),
    })
    await check(
      asyncProperty(change, async ({ at, value, length, noise }) => {
        const changed = Buffer.from(VALID)
        changed[at] = value
        batches.push(
          changed,
          changed.subarray(0, length),
          Buffer.concat([changed, noise]),
          Buffer.from(noise),
        )
        if (batches.length >= 200) await bombard(batches.splice(0))
      }),
      { seed, numRuns: 400 },
    )
    await bombard(batches)
  })
}

test('a UDP query as long as a datagram can be: a bare answer with TC, to come back over TCP', async () => {
  const long = Buffer.concat([VALID.subarray(0, QUESTION_END), Buffer.alloc(60_000, 0xaa)])
  const counted = await growth('udp{event="too-long"}', async () => {
    await using client = await openUdp()
    const answer = (await client.ask(long))!
    assert.ok(readAnswer(answer).truncated)
    assert.equal(answer.length, 12)
  })
  assert.equal(counted, 1)
})

test('a TCP frame of no octets ends the connection, and is counted', async () => {
  const counter = 'connections_closed{reason="short-frame"}'
  const earlier = await proxy.counters()
  await using tcp = await openTcp()
  tcp.write(Buffer.of(0, 0))
  assert.ok(await tcp.wasClosed())
  assert.deepEqual(tcp.answers, [])
  // The client may hear of it before it is counted.
  await proxy.program.until('it counted it', async () => {
    return (await proxy.counters())(counter) === earlier(counter) + 1
  })
})

test('a TCP frame of 65,535 octets: garbage is FORMERR, padding in EDNS is fine (RFC 7830)', async () => {
  await using tcp = await openTcp()
  const garbage = Buffer.concat([
    VALID.subarray(0, QUESTION_END),
    Buffer.alloc(65_535 - QUESTION_END, 0xaa),
  ])
  assert.equal(readAnswer((await tcp.ask(garbage))!).rcode, Rcode.FormErr)
  const padding = Buffer.alloc(65_535 - VALID.length)
  padding.writeUInt16BE(12, 0)
  padding.writeUInt16BE(padding.length - 4, 2)
  const padded = Buffer.concat([VALID, padding])
  padded.writeUInt16BE(padding.length, VALID.length - 2)
  assert.equal(readAnswer((await tcp.ask(padded))!).rcode, Rcode.NoError)
})

test('a TCP frame in pieces of one octet is one query (RFC 7766 §8)', async () => {
  await using tcp = await openTcp()
  for (const octet of frame(VALID)) {
    tcp.write(Buffer.of(octet))
    await new Promise(setImmediate)
  }
  assert.ok(await tcp.received(1))
  assert.deepEqual(addressesIn(readAnswer(tcp.answers[0]!)), ['192.0.2.1'])
})

test('a TCP frame that breaks off gets no answer, and the connection is closed', async () => {
  await using tcp = await openTcp()
  tcp.write(frame(VALID).subarray(0, 20))
  tcp.end()
  assert.ok(await tcp.wasClosed())
  assert.deepEqual(tcp.answers, [])
})

test('every single-octet change of a valid query over TCP', async () => {
  await using tcp = await openTcp()
  let expected = 0
  for (let at = 2; at < VALID.length; at++) {
    const message = Buffer.from(VALID)
    message[at]! ^= 0xff
    message.writeUInt16BE(at)
    // QR=1 is not answered, everything else on a stream is.
    if ((message[2]! & 0x80) === 0) expected++
    tcp.send(message)
  }
  assert.ok(await tcp.received(expected), `${tcp.answers.length} of ${expected}`)
  for (const answer of tcp.answers) readAnswer(answer)
})

test('bad input leaves nothing behind in memory', async () => {
  const noise = Array.from({ length: 2_000 }, (_, i) =>
    Buffer.from(VALID.subarray(0, i % VALID.length)),
  )
  await bombard(noise)
  const earlier = proxy.residentBytes()
  for (let round = 0; round < 10; round++) await bombard(noise)
  const grown = proxy.residentBytes() - earlier
  assert.ok(grown < 32 * 2 ** 20, `grown by ${grown} octets`)
})

test('after all this the same process answers, and stops with exit code 0', async () => {
  assert.deepEqual(addressesIn(readAnswer((await udp.ask(VALID))!)), ['192.0.2.1'])
  const { output } = await proxy.stop()
  assert.doesNotMatch(output, /worker died/)
})
