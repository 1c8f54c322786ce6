import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { checkConfig } from './check-config.ts'

suite('dotward check', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dotward-test-'))
  after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'dotward.yaml')

  test('tells every problem on a line with its place', () => {
    writeFileSync(file, 'workers: 0\ncache: { size: 1 }\n')
    assert.deepEqual(checkConfig({ file, environment: { DNS_SERVER: '192.0.2.1#-' } }), {
      ok: false,
      lines: [
        `${file}:1:10 workers: 0 is below the minimum of 1; give auto, or a whole number from 1 to 256`,
        `${file}:2:16 cache.size: 1B is below the minimum of 1MiB; give a size from 1MiB to 16GiB`,
        'environment DNS_SERVER upstreams[0].tlsName: "-" is not a host name; give the name in the server’s certificate',
      ],
    })
  })

  test('tells what is in force on one screen', () => {
    writeFileSync(
      file,
      `workers: 2
upstreams: ["192.0.2.1#dns.example.org", "[2001:db8::1]:8853#2001:db8::1"]
access: { allow: [10.0.0.0/8], onDeny: refuse }
dnssec: { mode: validate, negativeTrustAnchors: [{ domain: example.org, until: 2026-01-01 }] }
`,
    )
    const { ok, lines } = checkConfig({ file, environment: { LISTEN_PORT: '5300' } })
    assert.ok(ok)
    assert.deepEqual(lines, [
      `${file}: no problems`,
      '',
      'workers        2',
      'listen         [::]:5300 udp tcp',
      'ask            192.0.2.1#dns.example.org: 192.0.2.1 port 853, certificate for dns.example.org',
      '               [2001:db8::1]:8853#2001:db8::1: 2001:db8::1 port 8853, certificate for 2001:db8::1',
      'by             latency; a late answer is asked for again, for at most 5% of queries',
      'answer within  4s',
      'cache          256MiB, TTL 0s to 1d',
      'share          no answers with other proxies',
      'allow          10.0.0.0/8',
      'deny           none; others are refused',
      'cookies        answer; secrets: by chance',
      'dnssec         validated; trust anchors of . built in',
      '               new keys are learnt, and forgotten at a restart',
      'the negative trust anchor for example.org ended at 2026-01-01T00:00:00Z: it has no effect, and may be removed',
    ])
  })

  test('tells who is asked for what, and what is not encrypted', () => {
    writeFileSync(
      file,
      `upstreams:
  - 9.9.9.9
  - { name: corp, address: 192.0.2.53, protocol: plain }
routes: [{ domains: [corp.example, 10.in-addr.arpa], upstreams: [corp] }]
selection: { strategy: fastest, hedge: { budget: 0% } }
`,
    )
    const { lines } = checkConfig({ file, environment: {} })
    assert.deepEqual(lines.slice(4, 7), [
      'ask            9.9.9.9#dns.quad9.net: 9.9.9.9 port 853, certificate for dns.quad9.net',
      'by             fastest of 2',
      'routes         corp.example, 10.in-addr.arpa: corp: 192.0.2.53 port 53, NOT ENCRYPTED',
    ])
  })

  test('tells what is limited, and for whom it is not', () => {
    const responses = { nxDomain: 10 }
    const rateLimit = { perClient: 200, total: 50_000, responses, exempt: ['192.0.2.1'] }
    writeFileSync(file, JSON.stringify({ rateLimit }))
    const { lines } = checkConfig({ file, environment: {} })
    const from = lines.findIndex((line) => line.startsWith('limit'))
    assert.deepEqual(lines.slice(from, from + 4), [
      'limit          200/s of a client over UDP',
      '               50000/s in all',
      '               10/s answers without such a name to a prefix, from one zone',
      '               not for 192.0.2.1/32',
    ])
  })

  test('tells what is shared through which store, and shows no password', () => {
    const secrets = { secret: 'a secret of some length', password: 'hidden 1' }
    const stores = [
      [
        { kind: 'redis', url: 'redis://192.0.2.1', username: 'proxy', ...secrets },
        'Redis at 192.0.2.1, NOT ENCRYPTED, readable for whoever has the store, waits 5ms',
      ],
      [
        {
          kind: 'redis',
          url: 'rediss://u:hidden2@a.example:26379,b.example/3',
          mode: 'sentinel',
          masterName: 'answers',
          sealed: true,
          secret: secrets.secret,
        },
        'Redis behind Sentinels at a.example:26379,b.example, set answers, over TLS, sealed, waits 5ms',
      ],
      [
        { kind: 'mongodb', url: 'mongodb://u:hidden3@[2001:db8::1]/x?y=z', secret: secrets.secret },
        'MongoDB at [2001:db8::1], readable for whoever has the store, waits 5ms',
      ],
      [
        { kind: 'disk', path: '/var/cache', secret: secrets.secret },
        'in /var/cache, up to 1GiB, readable for whoever has the store, waits 5ms',
      ],
    ] as const
    for (const [store, line] of stores) {
      writeFileSync(file, JSON.stringify({ cache: { store } }))
      const { lines } = checkConfig({ file, environment: {} })
      assert.equal(
        lines.find((one) => one.startsWith('share')),
        `share          ${line}`,
      )
      assert.doesNotMatch(lines.join('\n'), /hidden|a secret/)
    }
  })

  test('stays on one screen with long lists', () => {
    const allow = Array.from({ length: 500 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`)
    writeFileSync(file, JSON.stringify({ access: { allow } }))
    const { lines } = checkConfig({ file, environment: {} })
    assert.ok(lines.length < 24)
    assert.match(lines.join('\n'), /and 492 more/)
  })
})
