// Frames on the stream (RFC 1035 §4.2.2, RFC 7766 §8), and answers that come in their own order,
// more often than asked, or never.

import { setTimeout as delay } from 'node:timers/promises'
import { message, opt, option, record, RIGHT_ADDRESS, rightAnswer } from '../forge.ts'
import { does, type Misbehaviour } from '../misbehaviour.ts'
import type { ServedConnection, ServedQuery } from '../../support/dot-server.ts'

const answers = [record()]

function frame(body: Uint8Array, length = body.length): Buffer {
  return Buffer.concat([Buffer.of((length >> 8) & 255, length & 255), body])
}

/** What each connection still has to send: pieces of one frame must not come between another's. */
const sending = new WeakMap<ServedConnection, Promise<void>>()

/** Sends octets in pieces, so many milliseconds apart, behind all that is being sent so. */
function drip(connection: ServedConnection, pieces: readonly Uint8Array[], every: number): void {
  const before = sending.get(connection) ?? Promise.resolve()
  const after = before.then(async () => {
    for (const piece of pieces) {
      if (connection.socket.destroyed) return
      connection.send(piece)
      await delay(every)
    }
  })
  sending.set(connection, after)
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
}

/** A stream that cannot be read any more is a lost connection: queries on it go again. */
const lost = { maxQueries: 6 } as const

const lengths: readonly Misbehaviour[] = [
  ...[1, 2, 100, 4_096, 20_000].map((more) =>
    does(
      `announces ${more} octets more than it sends`,
      (query) => {
        const answer = message(query, { answers })
        query.connection.send(frame(answer, answer.length + more))
      },
      { ...lost, spoils: true, restarts: true },
    ),
  ),
  does(
    'announces 65,535 octets and sends an answer',
    (query) => query.connection.send(frame(message(query, { answers }), 65_535)),
    { ...lost, spoils: true, restarts: true },
  ),
  does(
    'announces 65,535 octets and sends none',
    (query) => query.connection.send(Buffer.of(255, 255)),
    { ...lost, spoils: true, restarts: true },
  ),
  ...[1, 5, 11, 12, 20].map((length) =>
    does(
      `announces ${length} octets and sends more`,
      (query) => query.connection.send(frame(message(query, { answers }), length)),
      { ...lost, spoils: true, restarts: true },
    ),
  ),
  ...[1, 2, 1_000].map((count) =>
    does(`sends ${count} empty frames`, (query) => query.connection.send(Buffer.alloc(2 * count)), {
      ...lost,
      spoils: true,
    }),
  ),
  does(
    'sends an empty frame and then a right answer',
    (query) => {
      query.connection.send(Buffer.alloc(2))
      query.connection.sendMessage(rightAnswer(query))
    },
    { ...lost, spoils: true, alone: 'either' },
  ),
  does('sends a frame of one octet', (query) => query.connection.send(Buffer.of(0, 1, 7)), {
    ...lost,
    spoils: true,
  }),
  does('sends half of a frame’s length', (query) => query.connection.send(Buffer.of(0)), {
    ...lost,
    spoils: true,
    restarts: true,
  }),
  does('sends the length alone', (query) => query.connection.send(Buffer.of(0, 60)), {
    ...lost,
    spoils: true,
    restarts: true,
  }),
  does(
    'sends its answer without a length',
    (query) => query.connection.send(message(query, { answers })),
    { ...lost, spoils: true, restarts: true },
  ),
  does(
    'sends its answer with the length turned round',
    (query) => {
      const answer = message(query, { answers })
      query.connection.send(
        Buffer.concat([Buffer.of(answer.length & 255, answer.length >> 8), answer]),
      )
    },
    { ...lost, spoils: true, restarts: true },
  ),
  does(
    'sends 40,000 octets of noise',
    (query) => query.connection.send(Buffer.alloc(40_000, 0x5a)),
    { ...lost, spoils: true, restarts: true },
  ),
  does(
    'sends a page of HTTP',
    (query) =>
      query.connection.send(Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')),
    { ...lost, spoils: true, restarts: true },
  ),
]

const slow = { alone: 'right', everything: true, restarts: true } as const

const pieces: readonly Misbehaviour[] = [
  does(
    'sends its answers octet by octet',
    (query) => {
      drip(query.connection, cut(frame(rightAnswer(query)), 1), 1)
    },
    slow,
  ),
  does(
    'cuts its answers behind the first octet of the length',
    (query) => {
      const whole = frame(rightAnswer(query))
      drip(query.connection, [whole.subarray(0, 1), whole.subarray(1)], 20)
    },
    slow,
  ),
  does(
    'cuts its answers before the last octet',
    (query) => {
      const whole = frame(rightAnswer(query))
      drip(query.connection, [whole.subarray(0, -1), whole.subarray(-1)], 20)
    },
    slow,
  ),
  does(
    'cuts between one answer and the next',
    (query) => {
      const whole = frame(rightAnswer(query))
      drip(query.connection, [whole.subarray(0, 2), whole.subarray(2)], 5)
    },
    slow,
  ),
  does(
    'sends an answer too slowly to be in time',
    (query) => {
      drip(query.connection, cut(frame(message(query, { answers })), 1), 300)
    },
    { ...lost, spoils: true, restarts: true },
  ),
  does(
    'sends one octet now and then, for ever',
    (query) => {
      drip(query.connection, cut(Buffer.alloc(10_000, 1), 1), 50)
    },
    { ...lost, spoils: true, restarts: true },
  ),
  does(
    'sends 25 KB of answer in pieces of a thousand',
    (query) => {
      const texts = Buffer.concat([Buffer.of(255), Buffer.alloc(255, 0x61)])
      const many = Array.from({ length: 96 }, () =>
        record({ type: 16, rdata: texts, owner: Buffer.of(0) }),
      )
      const answer = message(query, {
        answers: [record({ rdata: RIGHT_ADDRESS })],
        additionals: many,
      })
      drip(query.connection, cut(frame(answer), 1_000), 1)
    },
    slow,
  ),
]

/** Frames with the IDs that follow the query's, in one piece. */
function unasked(query: ServedQuery, count: number): Buffer {
  const one = frame(message(query, { answers }))
  const all = Buffer.alloc(count * one.length)
  for (let i = 0; i < count; i++) {
    one.copy(all, i * one.length)
    all.writeUInt16BE((query.id + 1 + i) & 0xffff, i * one.length + 2)
  }
  return all
}

const copies: readonly Misbehaviour[] = [
  does(
    'answers everything twice',
    (query) => {
      query.connection.sendMessage(rightAnswer(query))
      query.connection.sendMessage(message(query, { answers }))
    },
    { alone: 'right' },
  ),
  does(
    'answers everything a hundred times, in one write',
    (query) => {
      const one = frame(rightAnswer(query))
      const others = Array.from({ length: 99 }, () => frame(message(query, { answers })))
      query.connection.send(Buffer.concat([one, ...others]))
    },
    { alone: 'right' },
  ),
  does(
    'answers with another ID first',
    (query) => {
      query.connection.sendMessage(message(query, { id: query.id ^ 0x55, answers }))
      query.connection.sendMessage(rightAnswer(query))
    },
    { alone: 'right' },
  ),
  does(
    'answers another question first',
    (query) => {
      const question = Buffer.from(query.question)
      question[question.length - 3] = 28
      query.connection.sendMessage(message(query, { question, answers }))
      query.connection.sendMessage(rightAnswer(query))
    },
    { alone: 'right' },
  ),
  does(
    'sends a malformed answer and then a right one',
    (query) => {
      query.connection.sendMessage(message(query, { answers, tail: Buffer.of(0) }))
      query.connection.sendMessage(rightAnswer(query))
    },
    { alone: 'either' },
  ),
  does(
    'sends a right answer and then a malformed one',
    (query) => {
      query.connection.sendMessage(rightAnswer(query))
      query.connection.sendMessage(message(query, { answers, tail: Buffer.of(0) }))
    },
    { alone: 'right' },
  ),
  does(
    'floods with 2,000 answers to nothing',
    (query) => {
      query.connection.send(unasked(query, 2_000))
      query.connection.sendMessage(rightAnswer(query))
    },
    { alone: 'either', ...lost },
  ),
  does(
    'floods with 65,535 IDs but the right one',
    (query) => query.connection.send(unasked(query, 65_535)),
    { ...lost, spoils: true, restarts: true },
  ),
  does(
    'sends queries instead of answers',
    (query) => {
      const question = Buffer.from(query.message)
      question.writeUInt16BE(query.id ^ 1)
      query.connection.sendMessage(question)
      query.connection.sendMessage(rightAnswer(query))
    },
    { alone: 'right' },
  ),
  does(
    'sends answers after a while, in one write with others',
    (query) => {
      setTimeout(() => {
        const other = frame(message(query, { id: query.id ^ 3, answers }))
        query.connection.send(Buffer.concat([other, frame(rightAnswer(query)), other]))
      }, 40)
    },
    { alone: 'right' },
  ),
]

/** Collects queries of a connection and hands them back in groups. */
function inGroups(
  size: number,
  each: (group: ServedQuery[]) => void,
): (query: ServedQuery) => void {
  const waiting = new WeakMap<ServedConnection, ServedQuery[]>()
  return (query) => {
    const group = [...(waiting.get(query.connection) ?? []), query]
    waiting.set(query.connection, group.length < size ? group : [])
    if (group.length === size) each(group)
  }
}

const order: readonly Misbehaviour[] = [
  does(
    'answers the last query first',
    inGroups(2, (group) => {
      for (const query of group.toReversed()) query.connection.sendMessage(rightAnswer(query))
    }),
    { alone: 'either', ...lost },
  ),
  does(
    'answers each query with the data of the one before',
    inGroups(2, ([first, second]) => {
      first!.connection.sendMessage(message(first!, { question: second!.question, answers }))
      second!.connection.sendMessage(message(second!, { question: first!.question, answers }))
    }),
    lost,
  ),
  does(
    'answers only every second query',
    inGroups(2, ([, second]) => {
      second!.connection.sendMessage(rightAnswer(second!))
    }),
    { alone: 'either', ...lost },
  ),
  does(
    'answers each query at its second try only',
    (() => {
      const seen = new Set<string>()
      return (query: ServedQuery) => {
        const asked = `${query.connection.socket.localPort} ${query.label}`
        if (seen.has(asked)) query.connection.sendMessage(rightAnswer(query))
        seen.add(asked)
      }
    })(),
    { alone: 'either', ...lost },
  ),
]

const late = (ms: number) => (query: ServedQuery) => {
  setTimeout(() => query.connection.sendMessage(rightAnswer(query)), ms)
}

const silence: readonly Misbehaviour[] = [
  does('never answers for some names', () => {}, lost),
  does('never answers anything', () => {}, {
    ...lost,
    everything: true,
    spoils: true,
    restarts: true,
  }),
  does(
    'is silent, but sends frames to nobody',
    (query) => {
      const one = frame(message(query, { id: query.id ^ 0x1111, answers }))
      drip(
        query.connection,
        Array.from({ length: 40 }, () => one),
        40,
      )
    },
    lost,
  ),
  ...[50, 200].map((ms) => does(`answers after ${ms} ms`, late(ms), { alone: 'right', ...lost })),
  does('answers after the deadline', late(2_000), lost),
  does('answers everything after the deadline', late(2_000), {
    ...lost,
    everything: true,
    spoils: true,
    restarts: true,
  }),
]

const closing: readonly Misbehaviour[] = [
  does('closes at every bad query', ({ connection }) => connection.close(), {
    ...lost,
    spoils: true,
  }),
  does('closes at every query', ({ connection }) => connection.close(), {
    ...lost,
    everything: true,
  }),
  does('resets at every bad query', ({ connection }) => connection.socket.destroy(), {
    ...lost,
    spoils: true,
  }),
  does('resets at every query', ({ connection }) => connection.socket.destroy(), {
    ...lost,
    everything: true,
  }),
  does(
    'closes behind every answer',
    (query) => {
      query.connection.sendMessage(rightAnswer(query))
      query.connection.close()
    },
    { alone: 'right', everything: true, maxQueries: 6 },
  ),
  does(
    'resets behind every answer',
    (query) => {
      query.connection.sendMessage(rightAnswer(query))
      setImmediate(() => query.connection.socket.destroy())
    },
    { alone: 'either', everything: true, maxQueries: 6 },
  ),
  does(
    'closes after its third query',
    (query) => {
      if (query.connection.queries > 2) query.connection.close()
      else query.connection.sendMessage(rightAnswer(query))
    },
    { alone: 'either', everything: true, maxQueries: 6 },
  ),
  ...[1, 2, 3, 20].map((octets) =>
    does(
      `closes behind ${octets} octets of an answer`,
      (query) => {
        query.connection.send(frame(message(query, { answers })).subarray(0, octets))
        query.connection.close()
      },
      { ...lost, spoils: true },
    ),
  ),
  does(
    'resets behind half an answer',
    (query) => {
      query.connection.send(frame(message(query, { answers })).subarray(0, 30))
      setImmediate(() => query.connection.socket.destroy())
    },
    { ...lost, spoils: true },
  ),
  does(
    'ends its side and reads on',
    ({ connection }) => {
      connection.socket.allowHalfOpen = true
      connection.socket.end()
    },
    { ...lost, spoils: true },
  ),
  does(
    'sends a malformed answer and closes',
    (query) => {
      query.connection.sendMessage(message(query, { answers, tail: Buffer.of(0) }))
      query.connection.close()
    },
    { alone: 'failure', spoils: true, maxQueries: 3 },
  ),
  does(
    'sends keepalive 0 and closes',
    (query) => {
      const additionals = [opt({ options: option(11, Buffer.of(0, 0)) })]
      const address = [record({ rdata: RIGHT_ADDRESS })]
      query.connection.sendMessage(message(query, { answers: address, additionals }))
      query.connection.close()
    },
    { alone: 'right' },
  ),
]

export const framing = [...lengths, ...pieces, ...copies, ...order, ...silence, ...closing]
