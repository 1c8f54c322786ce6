// The rules that cost others years (ARCHITECTURE.md tells what they are for), and the tests that
// hold us to them. Whoever renames such a test says here what proves its rule from now on.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { suite, test } from 'node:test'

/** By file, from the top of the repository: names of tests, or what they begin with. */
type Proofs = Readonly<Record<string, readonly string[]>>

const RULES: readonly (readonly [rule: string, proofs: Proofs])[] = [
  [
    '1: a query whose connection closes unanswered is sent again once, on a fresh one; idle connections close before the upstream closes them',
    {
      'src/upstream/dot/pool.test.ts': [
        'sends a query again, once, on a fresh connection when its own closes unanswered',
        'does not lose a query when the upstream closes idle connections all the time',
        'closes an idle connection before the upstream does (RFC 7766 §6.2.3)',
        'keeps a connection as short as the upstream says (RFC 7828 §3.2.2)',
      ],
    },
  ],
  [
    '2: a deadline holds on reused connections; a silent connection is destroyed and its queries move',
    {
      'src/upstream/dot/pool.test.ts': [
        'the deadline of a query holds on a connection that answers others',
        'destroys a connection that is silent while queries wait, and asks on another',
      ],
      'src/upstream/forwarder.test.ts': [
        'a silent upstream leaves the next one its share of the time',
      ],
    },
  ],
  [
    '3: a stalled handshake does not eat a query’s time',
    {
      'src/upstream/dot/pool.test.ts': [
        'a handshake that stalls gets a rival, and queries go with the first that ends',
      ],
      'test/system/hostile-upstream.test.ts': ['takes connections and is mute'],
    },
  ],
  [
    '4: answers are matched by ID and question, and kept under our question',
    {
      'src/upstream/dot/pool.test.ts': [
        'drops and counts an answer with a foreign ID, and takes the right one after it',
        'matches the name of an answer whatever its letter case (RFC 4343 §3)',
      ],
      'test/system/hostile-upstream.test.ts': ['answers another name', 'answers another type'],
      'src/cache/pack.test.ts': ['has its question in lower case, no ID'],
    },
  ],
  [
    '5: pools, tables and queues are bounded, and say so past the bound',
    {
      'src/upstream/dot/pool.test.ts': [
        'opens another connection where one is full, up to the bound, and lets the rest wait',
        'queries wait for room when no more connections may be opened',
      ],
      'src/pipeline/slow-lane.test.ts': [
        'beyond the questions under way: SERVFAIL with an extended error, at once (RFC 8914 §4.15)',
        'beyond the clients that wait for one question',
      ],
    },
  ],
  [
    '6: a server’s identity is checked on every session, resumed ones too',
    {
      'src/upstream/tls/tls-identity.test.ts': [
        'and again, with pins checked',
        'holds a resumed session against the certificate that was shown when it began',
      ],
    },
  ],
  [
    '7: without an authentication name there is no upstream, and without TLS no answer',
    {
      'src/config/environment.test.ts': [
        'an unknown address without a name is refused (RFC 8310 §5)',
      ],
      'src/upstream/tls/tls-identity.test.ts': ['refuses plain TCP where TLS should be'],
      'test/system/hostile-upstream.test.ts': ['speaks plain TCP'],
    },
  ],
  [
    '8: DO and CD tell answers apart, in the cache and under way',
    {
      'src/pipeline/pipeline.test.ts': [
        'is another one for DO, for CD, for another type and for another class (RFC 4035 §3.2)',
      ],
      'src/pipeline/slow-lane.test.ts': [
        'are different ones for another type, class, DO or CD (RFC 4035 §3.2)',
      ],
    },
  ],
  [
    '9: OPT, AD and DNSSEC records go to those who asked for them, and to nobody else',
    {
      'src/pipeline/pipeline.test.ts': [
        'has OPT when the query had one, and only then, with DO copied (RFC 6891 §6.1.1, RFC 3225 §3)',
        'shows AD to those who set AD or DO, if the upstream set it (RFC 6840 §5.7, §5.8)',
        'has neither RRSIG nor NSEC for those who did not set DO (RFC 4035 §3.2.1)',
      ],
    },
  ],
  [
    '10: 64 KB come whole over TCP, and cut with TC over UDP; nothing truncated is kept',
    {
      'test/system/hostile-upstream.test.ts': [
        'answers with 64 KB: cut with TC over UDP, whole over TCP',
        'sets TC on a stream',
      ],
      'src/upstream/dot/pool.test.ts': ['takes an answer of 65,535 octets'],
      'src/pipeline/pipeline.test.ts': [
        'too long for UDP is cut to the client’s size or ours, with TC, and whole over TCP',
        'a truncated answer is not kept (RFC 2181 §9)',
      ],
      'src/cache/pack.test.ts': ['of 65,535 octets is kept whole'],
    },
  ],
  [
    '11: SERVFAIL never displaces good data, and is kept for a short while',
    {
      'src/pipeline/pipeline.test.ts': [
        'a failure never takes the place of good data, and good data is given before it',
        'SERVFAIL is kept for its time, and then asked about again (§3.2)',
        'an upstream that cannot be reached is kept as a failure too',
      ],
    },
  ],
  [
    '14: UDP answers leave from the address that was asked',
    {
      'test/system/wildcard.test.ts': [
        'a listener on :: answers from the address that was asked, IPv4 and IPv6 alike',
      ],
    },
  ],
  [
    '15: slow and idle clients, and those with many connections, are bounded; the oldest idle goes first',
    {
      'src/listen/stream/bounds.test.ts': [
        'bounds the connections of one client',
        'sheds the oldest idle connection when the table is full',
        'closes a connection that stays idle, with FIN',
        'does not take single octets for work: a trickle does not put off the time-out',
        'closes when a frame is announced and not sent, once other queries are answered',
        'stops reading from a client that does not read, and cuts it off in time',
      ],
    },
  ],
  [
    '17: unknown types, classes and EDNS options pass through byte for byte',
    {
      'src/pipeline/pipeline.test.ts': [
        'types and classes, from the upstream and from the cache',
        'EDNS options, to the upstream and back',
      ],
      'src/wire/query-scan.test.ts': [
        'that are not ours pass through byte for byte, in their order (RFC 6891 §6.1.2)',
      ],
    },
  ],
]

/** Not before stale answers, bootstrap names and shared stores are there. */
const TO_COME = [12, 13, 16]

suite('every rule has tests that prove it', () => {
  for (const [rule, proofs] of RULES) {
    test(rule, () => {
      for (const [file, names] of Object.entries(proofs)) {
        const url = new URL(`../${file}`, import.meta.url)
        assert.ok(existsSync(url), `${file} is gone`)
        const text = readFileSync(url, 'utf8')
        for (const name of names) assert.ok(text.includes(name), `${file} has no "${name}"`)
      }
    })
  }

  test('and none of the 17 is forgotten', () => {
    const numbers = [...RULES.map(([rule]) => Number.parseInt(rule, 10)), ...TO_COME]
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      Array.from({ length: 17 }, (_, i) => i + 1),
    )
  })
})
