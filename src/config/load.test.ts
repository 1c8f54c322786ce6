import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import type { Config } from './config.ts'
import type { Environment } from './environment.ts'
import { loadConfig, parseConfig } from './load.ts'
import { formatProblem } from './problem.ts'

function problemsOf(text: string, environment: Environment = {}): string[] {
  const loaded = parseConfig({ text, file: 'dotward.yaml', environment })
  return loaded.ok ? [] : loaded.problems.map(formatProblem)
}

function configOf(text: string, environment: Environment = {}): Config {
  const loaded = parseConfig({ text, file: 'dotward.yaml', environment })
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
  return loaded.config
}

suite('defaults', () => {
  test('stand for an empty document', () => {
    const config = configOf('')
    assert.equal(config.workers, Math.min(availableParallelism(), 256))
    assert.deepEqual(config.listeners, [{ address: '::', port: 53, protocols: ['udp', 'tcp'] }])
    assert.deepEqual(
      config.upstreams.map(({ address, port, tlsName }) => [address, port, tlsName]),
      [
        ['1.1.1.1', 853, 'cloudflare-dns.com'],
        ['1.0.0.1', 853, 'cloudflare-dns.com'],
      ],
    )
    assert.equal(config.udp.maxAnswerSize, 1232)
    assert.deepEqual(config.cache, {
      size: 256 * 2 ** 20,
      minTtl: 0,
      maxTtl: 86_400_000,
      negativeMaxTtl: 3_600_000,
      failureTtl: 5000,
      stale: { maxAge: 86_400_000, clientTimer: 1_800 },
      store: {
        kind: 'none',
        url: null,
        mode: 'single',
        masterName: null,
        username: null,
        password: null,
        passwordFile: null,
        sentinelUsername: null,
        sentinelPassword: null,
        sentinelPasswordFile: null,
        ca: null,
        serverName: null,
        clientCertificate: null,
        clientKey: null,
        database: 'dotward',
        readPreference: 'nearest',
        path: null,
        size: 2 ** 30,
        prefix: 'dotward:',
        secret: null,
        secretFile: null,
        sealed: false,
        deadline: 5,
      },
      snapshot: { path: null, interval: 300_000, maxEntries: 100_000, maxSize: 64 * 1024 * 1024 },
      maxRenewals: 256,
    })
    assert.equal(config.access.onDeny, 'drop')
  })

  test('stand for sections and settings without a value', () => {
    assert.deepEqual(configOf('cache:\nlog: { level: }\nlisteners:\n'), configOf(''))
  })

  test('stand when no file is named and there is none', () => {
    const defaultFile = '/nonexistent/dotward.yaml'
    const loaded = loadConfig({ file: null, defaultFile, environment: {} })
    assert.ok(loaded.ok)
    assert.equal(loaded.file, null)
    assert.deepEqual(loaded.config, configOf(''))
  })
})

test('a configuration is frozen all through', () => {
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen))
  assert.ok(frozen(configOf('upstreams: [9.9.9.9]')))
})

test('durations become milliseconds and sizes octets', () => {
  const config = configOf(
    'timeouts: { query: 250ms, shutdown: 1m }\ncache: { size: 1GiB, maxTtl: 2h }\ntcp: { maxUnread: 300000 }',
  )
  assert.deepEqual(config.timeouts, { query: 250, shutdown: 60_000 })
  assert.equal(config.cache.size, 2 ** 30)
  assert.equal(config.cache.maxTtl, 7_200_000)
  assert.equal(config.tcp.maxUnread, 300_000)
})

test('a file that was named must be there', () => {
  const loaded = loadConfig({ file: '/nonexistent/dotward.yaml', environment: {} })
  assert.ok(!loaded.ok)
  assert.deepEqual(loaded.problems.map(formatProblem), [
    '/nonexistent/dotward.yaml: the file does not exist; check the path',
  ])
})

const BAD: readonly (readonly [what: string, text: string, ...problems: string[]])[] = [
  [
    'an unknown section',
    'workers: 1\ncahce: {}',
    '2:1 cahce: is not known to this version of dotward; did you mean cache?',
  ],
  [
    'a section of no version yet',
    'policy: []',
    '1:1 policy: is not known to this version of dotward; remove it; known here: workers, listeners, upstreams, bootstrap, routes, selection, timeouts, dot, cache, access, rateLimit, cookies, dnssec, anyQueries, privacy, udp, tcp, log',
  ],
  [
    'an unknown key',
    'cache:\n  min_ttl: 5s',
    '2:3 cache.min_ttl: is not known to this version of dotward; did you mean minTtl?',
  ],
  ['a key that stands twice', 'workers: 1\nworkers: 2', '2:1 workers: stands twice; leave one out'],
  [
    'a number out of range',
    'listeners:\n  - { port: 70000 }',
    '2:13 listeners[0].port: 70000 is above the maximum of 65535; give a whole number from 0 to 65535',
  ],
  [
    'a number in quotes',
    'udp: { maxAnswerSize: "1232" }',
    '1:23 udp.maxAnswerSize: "1232" is not a whole number; give a whole number from 512 to 1232',
  ],
  [
    'a fraction',
    'workers: 1.5',
    '1:10 workers: 1.5 is not a number of workers; give auto, or a whole number from 1 to 256',
  ],
  [
    'a duration without a unit',
    'timeouts: { query: 4 }',
    '1:20 timeouts.query: 4 is not a duration; give a duration from 100ms to 30s, with its unit: ms, s, m, h, d',
  ],
  [
    'a size in units of a thousand',
    'cache: { size: 256MB }',
    '1:16 cache.size: "256MB" is not a size; give a size from 1MiB to 16GiB, with its unit: KiB, MiB, GiB',
  ],
  [
    'a size below its minimum',
    'cache: { size: 512KiB }',
    '1:16 cache.size: 512KiB is below the minimum of 1MiB; give a size from 1MiB to 16GiB',
  ],
  [
    'a protocol of no version yet',
    'listeners: [{ protocols: [udp, quic] }]',
    '1:32 listeners[0].protocols[1]: "quic" is not a protocol known to this version; give udp, tcp, tls or https',
  ],
  [
    'a listener for TLS without a certificate',
    'listeners: [{ port: 853, protocols: [tls] }]',
    '1:13 listeners[0].tls: is missing: a client of tls or https wants to see a certificate; add tls: { certificate: FILE, key: FILE }, the PEM files of the certificate for the name by which clients know this server, and of its key',
  ],
  [
    'a certificate where nobody asks for it',
    'listeners: [{ tls: { certificate: a, key: b } }]',
    '1:20 listeners[0].tls: is for tls and https alone; add tls or https to protocols, or leave it out',
  ],
  [
    'TLS on the port of unencrypted DNS',
    'listeners: [{ protocols: [tls], tls: { certificate: a, key: b } }]',
    '1:13 listeners[0].port: 53 is the port of DNS without encryption; give port: 853, or what clients are told to use',
  ],
  [
    'protocols that cannot share a port',
    'listeners: [{ port: 853, protocols: [tcp, tls], tls: { certificate: a, key: b } }]',
    '1:37 listeners[0].protocols: tcp and tls cannot share a port; give each a listener with a port of its own',
  ],
  [
    'a certificate required that nobody could show',
    'listeners: [{ port: 853, protocols: [tls], tls: { certificate: a, key: b, require: true } }]',
    '1:84 listeners[0].tls.require: no authority is named that clients could be from; give clientCa: the PEM file of the authorities that sign clients’ certificates',
  ],
  [
    'a protocol named twice',
    'listeners: [{ protocols: [udp, udp] }]',
    '1:32 listeners[0].protocols[1]: udp is named twice; leave one out',
  ],
  [
    'no listener',
    'listeners: []',
    '1:12 listeners: the list is empty; name at least one, or leave it out for the default',
  ],
  [
    'a list that is none',
    'upstreams: 9.9.9.9',
    '1:12 upstreams: "9.9.9.9" is not a list; write a list, as [a, b]',
  ],
  [
    'a map that is none',
    'cache: 3',
    '1:8 cache: 3 is not a map; write settings, as { name: value }',
  ],
  [
    'a secret a level too high',
    'cookies: 5eca37715aae0bf25eca37715aae0bf2',
    '1:10 cookies: text is not a map; write settings, as { name: value }',
  ],
  [
    'proxies that are everybody',
    'listeners: [{ proxyProtocol: { from: ["::/0"] } }]',
    '1:39 listeners[0].proxyProtocol.from[0]: ::/0 would have everybody believed; name the proxies, or the networks that hold nobody else',
  ],
  [
    'less patience when there is room than when there is none',
    'tcp: { idleTimeout: 2s, minIdleTimeout: 5s }',
    '1:41 tcp.minIdleTimeout: is above idleTimeout (2s); give at most 2s',
  ],
  [
    'more for one connection than for all',
    'tcp: { maxUnread: 2MiB, maxBuffered: 1MiB }',
    '1:19 tcp.maxUnread: is above maxBuffered (1MiB); give at most 1MiB',
  ],
  ['a list for a document', '- a', '1:1: a list is not a map; write settings, as { name: value }'],
  [
    'a choice that is none',
    'log: { level: verbose }',
    '1:15 log.level: "verbose" is not known to this version; give debug or info or warn or error',
  ],
  [
    'two listeners in one place',
    'listeners:\n  - { address: "::" }\n  - { address: 0.0.0.0 }',
    '3:5 listeners[1]: 0.0.0.0:53 is taken by listeners[0]; leave one out',
  ],
  [
    'bounds that cross',
    'cache: { minTtl: 1h, maxTtl: 5m }',
    '1:18 cache.minTtl: 1h is more than cache.maxTtl, 5m; lower it, or raise cache.maxTtl',
  ],
  [
    'no network to send',
    'privacy: { clientSubnet: { mode: send } }',
    '1:26 privacy.clientSubnet.prefix: is missing; name the network to send, or set another mode',
  ],
  [
    'a network that is not sent',
    'privacy: { clientSubnet: { mode: pass, prefix: 198.51.100.0/24 } }',
    '1:48 privacy.clientSubnet.prefix: is not sent in mode pass; set mode: send, or leave it out',
  ],
  [
    'a network with bits behind its prefix',
    'privacy: { clientSubnet: { mode: send, prefix: 198.51.100.1/24 } }',
    '1:48 privacy.clientSubnet.prefix: "198.51.100.1/24" has bits set behind its prefix; write 198.51.100.0/24',
  ],
  [
    'a range with bits behind its prefix',
    'access: { allow: [10.0.0.1/8] }',
    '1:19 access.allow[0]: "10.0.0.1/8" has bits set behind its prefix; write 10.0.0.0/8',
  ],
  [
    'a range both allowed and denied',
    'access:\n  allow: ["2001:db8::/32"]\n  deny: ["2001:DB8:0::/32"]',
    '3:10 access.deny[0]: 2001:db8::/32 is allowed as well; leave one out',
  ],
  [
    'an upstream by host name',
    'upstreams: [dns.example.org]',
    '1:13 upstreams[0].address: dns.example.org is a host name, and nobody is there to resolve it; give its IP address, or servers under bootstrap.servers',
  ],
  [
    'an upstream without an authentication name (RFC 8310 §5)',
    'upstreams:\n  - 192.0.2.1\n  - address: 192.0.2.2',
    '2:5 upstreams[0]: nothing says whose certificate 192.0.2.1 must show; give its name as tlsName or #NAME, or #192.0.2.1 when it is issued for the address',
    '3:5 upstreams[1]: nothing says whose certificate 192.0.2.2 must show; give its name as tlsName or #NAME, or #192.0.2.2 when it is issued for the address',
  ],
  [
    'an upstream authenticated by another address',
    'upstreams: ["192.0.2.1#192.0.2.2"]',
    '1:13 upstreams[0].tlsName: 192.0.2.2 is not the address of this upstream, 192.0.2.1; give the name in its certificate, or its own address',
  ],
  [
    'an upstream without an address',
    'upstreams: [{ tlsName: dns.example.org }]',
    '1:13 upstreams[0].address: is missing; add it',
  ],
  [
    'an upstream by another protocol',
    'upstreams: ["https://192.0.2.1/dns-query"]',
    '1:13 upstreams[0]: "https" is not DNS over TLS, the only way this version asks an upstream; write it as tls://ADDRESS:PORT#NAME',
  ],
  [
    'the same upstream twice',
    'upstreams: ["1.1.1.1", "tls://1.1.1.1:853#Cloudflare-DNS.com."]',
    '1:24 upstreams[1]: is the same server as upstreams[0]; leave one out',
  ],
  [
    'two upstreams of one name',
    'upstreams:\n  - { name: a, address: 1.1.1.1 }\n  - { name: a, address: 9.9.9.9 }',
    '3:13 upstreams[1].name: "a" is the name of upstreams[0]; give each upstream its own name',
  ],
  [
    'a pin that is none (RFC 7858 §4.2)',
    'upstreams: [{ address: 1.1.1.1, pins: [abc] }]',
    '1:40 upstreams[0].pins[0]: "abc" is not a pin; give the base64 of the SHA-256 of the public key, 44 characters long',
  ],
  [
    'a certificate without its key',
    'upstreams: [{ address: 1.1.1.1, clientCertificate: a.pem }]',
    '1:52 upstreams[0].clientCertificate: certificate and key go together; give both or neither',
  ],
  [
    'a file that is not there',
    'upstreams: [{ address: 1.1.1.1, ca: /nonexistent/ca.pem }]',
    '1:37 upstreams[0].ca: /nonexistent/ca.pem does not exist; check the path',
  ],
  ['a tab', 'cache:\n\tsize: 1MiB', '2:1: a tab cannot indent YAML; use spaces'],
  [
    'a second document',
    'workers: 1\n---\nworkers: 2',
    '2:1: a second document begins; keep everything in one',
  ],
  [
    'an alias of nothing',
    'workers: *w',
    '1:10 workers: nothing is named &w before; write the value',
  ],
  [
    'a key that is no word',
    '? [a]\n: 1',
    '1:3: a key must be a plain word; quote text such as "::1"',
  ],
]

suite('told with file, line, column, path and remedy', () => {
  for (const [what, text, ...expected] of BAD) {
    test(what, () => {
      assert.deepEqual(
        problemsOf(text),
        expected.map((problem) => `dotward.yaml:${problem}`),
      )
    })
  }

  test('all problems at once, in the order of the file', () => {
    const lines = problemsOf('workers: 0\nudp: { maxAnswerSize: 1 }\ncache:\n  size: 1\n  x: 1\n')
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      ['dotward.yaml:1:10', 'dotward.yaml:2:23', 'dotward.yaml:4:9', 'dotward.yaml:5:3'],
    )
  })

  test('nothing that could move a terminal is quoted', () => {
    const [line] = problemsOf('log: { level: "\\e[31mred\\u202e\\x85" }')
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(line!, /[\u0000-\u001f\u0080-\u009f\u202e]/u)
  })
})

suite('YAML that means harm', () => {
  test('aliases that unfold to billions of values', () => {
    const rows = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 10; i++) {
      const names = Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')
      rows.push(`a${i}: &a${i} [${names}]`)
    }
    const lines = problemsOf(rows.join('\n'))
    assert.match(lines.join('\n'), /there are more than 250000 values; use fewer aliases/)
  })

  test('an alias inside what it names', () => {
    assert.match(problemsOf('a: &a [*a]').join('\n'), /is more than 32 levels deep/)
  })

  test('brackets without end', () => {
    assert.ok(problemsOf('['.repeat(50_000)).length > 0)
  })

  test('a key that is called __proto__', () => {
    assert.match(problemsOf('__proto__: { workers: 1 }')[0]!, /__proto__: is not known/)
    assert.match(problemsOf('cache: { __proto__: 1 }')[0]!, /cache.__proto__: is not known/)
  })
})

function neverThrows(text: string): void {
  const loaded = parseConfig({ text, file: 'dotward.yaml', environment: {} })
  if (!loaded.ok) assert.ok(loaded.problems.length > 0)
}

suite('whatever the text', () => {
  test('characters that mean something in YAML', () => {
    const unit = fc.constantFrom(
      ...Array.from('{}[]:,-?&*!|>\'"%@#\n\t ~<a1.'),
      'cache',
      'upstreams',
      ': ',
    )
    fc.assert(fc.property(fc.string({ unit, maxLength: 60 }), neverThrows), { numRuns: 500 })
  })

  test('any value in the place of any setting', () => {
    const sections = Object.keys(configOf(''))
    const value = fc.jsonValue({ maxDepth: 3 })
    const document = fc.dictionary(fc.constantFrom(...sections, 'x'), value)
    fc.assert(
      fc.property(document, (content) => neverThrows(JSON.stringify(content))),
      { numRuns: 300 },
    )
  })
})
