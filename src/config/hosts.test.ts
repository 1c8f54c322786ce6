import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseConfig } from './load.ts'
import { formatProblem } from './problem.ts'

function load(text: string) {
  const loaded = parseConfig({ text, file: 'f', environment: {} })
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
  return loaded.config
}

function problems(text: string): string[] {
  const loaded = parseConfig({ text, file: 'f', environment: {} })
  return loaded.ok ? [] : loaded.problems.map(formatProblem)
}

const servers = (text: string) => load(`bootstrap: { servers: [${text}] }`).bootstrap.servers

suite('upstreams by host name', () => {
  test('are who their certificate must be for, unless that is said', () => {
    const [own, other] = load(
      'bootstrap: { servers: [9.9.9.9] }\nupstreams: [DNS.Example.org., "dot.example.com:8853#auth.example.com"]',
    ).upstreams
    assert.deepEqual([own?.address, own?.tlsName], ['dns.example.org', null])
    assert.equal(own?.name, 'dns.example.org#dns.example.org')
    assert.deepEqual([other?.address, other?.port], ['dot.example.com', 8853])
    assert.equal(other?.tlsName, 'auth.example.com')
  })

  test('may be written in Unicode (RFC 5891)', () => {
    const text = 'bootstrap: { servers: [9.9.9.9] }\nupstreams: [{ address: bücher.example }]'
    assert.equal(load(text).upstreams[0]?.address, 'xn--bcher-kva.example')
  })

  for (const [what, text, problem] of [
    [
      'an address that is none',
      'upstreams: [{ address: 192.0.2.300 }]',
      /neither an IP address nor a host name/,
    ],
    [
      'a plain upstream by name',
      'bootstrap: { servers: [9.9.9.9] }\nupstreams: [9.9.9.9, { name: corp, address: ns.corp.example, protocol: plain }]\nroutes: [{ domains: [corp.example], upstreams: [corp] }]',
      /a plain upstream cannot prove to be it; give its IP address/,
    ],
    [
      'a bootstrap server by name',
      'bootstrap: { servers: [dns.example.org] }',
      /by its IP address/,
    ],
    ['a name without TLS', 'bootstrap: { servers: ["9.9.9.9#dns.quad9.net"] }', /without TLS/],
    ['TLS without a name', 'bootstrap: { servers: ["tls://192.0.2.1"] }', /whose certificate/],
    ['a name that is none', 'bootstrap: { servers: ["tls://192.0.2.1#-"] }', /name of a server/],
    [
      'another address',
      'bootstrap: { servers: ["tls://192.0.2.1#192.0.2.2"] }',
      /name of a server/,
    ],
    ['a port that is none', 'bootstrap: { servers: ["192.0.2.1:99999"] }', /not a port/],
    ['no text', 'bootstrap: { servers: [1] }', /not a bootstrap server/],
  ] as const) {
    test(`cannot be resolved by ${what}`, () => assert.match(problems(text).join('\n'), problem))
  }
})

test('bootstrap servers are plain or over TLS, each with its usual port', () => {
  const [plain, six, known, named, literal] = servers(
    '9.9.9.9, "[2001:db8::1]:5353", "tls://9.9.9.9", "tls://192.0.2.1:8853#Dns.Example.org", "tls://192.0.2.1#192.0.2.1"',
  )
  assert.deepEqual(plain, {
    protocol: 'plain',
    name: '9.9.9.9:53',
    address: '9.9.9.9',
    port: 53,
    tlsName: null,
  })
  assert.deepEqual([six?.address, six?.port], ['2001:db8::1', 5353])
  assert.deepEqual([known?.protocol, known?.port, known?.tlsName], ['dot', 853, 'dns.quad9.net'])
  assert.deepEqual([named?.port, named?.tlsName], [8853, 'dns.example.org'])
  assert.deepEqual([literal?.tlsName, literal?.name], [null, 'tls://192.0.2.1:853#192.0.2.1'])
})
