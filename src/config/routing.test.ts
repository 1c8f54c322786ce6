import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseConfig } from './load.ts'
import { formatProblem } from './problem.ts'
import { routingOf } from './routing.ts'

const UPSTREAMS = `upstreams:
  - 1.1.1.1
  - { name: corp, address: 192.0.2.53, protocol: plain }
  - { name: east, address: 192.0.2.1, tlsName: dns.example.org, group: eu }
  - { name: west, address: 192.0.2.2, tlsName: dns.example.org, group: eu }
  - { name: both, address: 192.0.2.3, tlsName: dns.example.org, group: default }
`

function load(text: string) {
  return parseConfig({ text, file: 'f', environment: {} })
}

function routing(text: string) {
  const loaded = load(text)
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
  const names = (upstreams: readonly { readonly name: string }[]) =>
    upstreams.map(({ name }) => name).join(' ')
  const { fallback, routes } = routingOf(loaded.config)
  return [
    names(fallback),
    ...routes.map((one) => `${one.domains.join(' ')}: ${names(one.upstreams)}`),
  ]
}

function problems(text: string): string[] {
  const loaded = load(text)
  return loaded.ok ? [] : loaded.problems.map(formatProblem)
}

suite('routes', () => {
  test('take upstreams and groups by name; who is named and in no group is asked for nothing else', () => {
    assert.deepEqual(
      routing(`${UPSTREAMS}routes:
  - { domains: [Corp.Example., 10.in-addr.arpa], upstreams: [corp] }
  - { domains: [eu.example], upstreams: [eu, both] }
  - { domains: [öffentlich.corp.example], upstreams: [default] }
`),
      [
        '1.1.1.1#cloudflare-dns.com both',
        'corp.example 10.in-addr.arpa: corp',
        'eu.example: east west both',
        'xn--ffentlich-z7a.corp.example: 1.1.1.1#cloudflare-dns.com both',
      ],
    )
  })

  test('may take all names', () => {
    const text = `upstreams: [{ name: a, address: 9.9.9.9 }]\nroutes: [{ domains: ["."], upstreams: [a] }]`
    assert.deepEqual(routing(text), ['', '.: a'])
  })

  test('are not needed', () =>
    assert.deepEqual(routing('upstreams: [8.8.8.8]'), ['8.8.8.8#dns.google']))
})

const PLAIN = '{ name: corp, address: 192.0.2.53, protocol: plain }'

suite('told with its place', () => {
  for (const [what, text, expected] of [
    [
      'a route to nobody',
      'upstreams: [{ name: quad9, address: 9.9.9.9 }, 1.1.1.1]\nroutes: [{ domains: [a.example], upstreams: [qaud9] }]',
      'f:2:46 routes[0].upstreams[0]: "qaud9" is the name of no upstream and of no group; did you mean quad9?',
    ],
    [
      'a domain in two routes',
      'upstreams: [{ name: a, address: 9.9.9.9 }, 1.1.1.1]\nroutes:\n  - { domains: [a.example], upstreams: [a] }\n  - { domains: [A.example.], upstreams: [a] }',
      'f:4:17 routes[1].domains[0]: a.example stands in routes[0] already; leave one out',
    ],
    [
      'an upstream twice in a route',
      'upstreams: [{ name: a, address: 9.9.9.9 }, 1.1.1.1]\nroutes: [{ domains: [a.example], upstreams: [a, a] }]',
      'f:2:49 routes[0].upstreams[1]: "a" is named twice; leave one out',
    ],
    [
      'a wildcard',
      'routes: [{ domains: ["*.corp.example"], upstreams: [default] }]',
      'f:1:22 routes[0].domains[0]: "*.corp.example" is not a domain name; write corp.example: it stands for all names below it as well',
    ],
    [
      'a plain upstream in no route',
      `upstreams: [1.1.1.1, ${PLAIN}]`,
      'f:1:67 upstreams[1].protocol: corp would be asked for all names, in plain text; name it in a route, for the domains of an internal zone',
    ],
    [
      'a plain upstream for everything',
      `upstreams: [1.1.1.1, ${PLAIN}]\nroutes: [{ domains: ["."], upstreams: [corp] }]`,
      'f:2:22 routes[0].domains[0]: corp would be asked for all names, in plain text; name the domains of an internal zone',
    ],
    [
      'a plain upstream beside one over TLS',
      `upstreams: [1.1.1.1, { name: a, address: 9.9.9.9 }, ${PLAIN}]\nroutes: [{ domains: [a.example], upstreams: [a, corp] }]`,
      'f:2:45 routes[0].upstreams: corp is asked in plain text and others are not; keep them apart: nothing falls back from TLS to plain text',
    ],
    [
      'a certificate for a plain upstream',
      'upstreams: [1.1.1.1, { name: corp, address: 192.0.2.53, protocol: plain, tlsName: a.example }]\nroutes: [{ domains: [a.example], upstreams: [corp] }]',
      'f:1:83 upstreams[1].tlsName: means nothing to a plain upstream; remove it, or the protocol',
    ],
    [
      'a group that nobody asks',
      'upstreams: [1.1.1.1, { address: 9.9.9.9, group: eu }]',
      'f:1:49 upstreams[1].group: no route names the group "eu", so that nobody would ask this upstream; name it in a route, or leave the group out',
    ],
    [
      'a group called as an upstream',
      'upstreams: [8.8.8.8, { name: a, address: 1.1.1.1 }, { address: 9.9.9.9, group: a }]\nroutes: [{ domains: [a.example], upstreams: [a] }]',
      'f:1:80 upstreams[2].group: "a" is the name of upstreams[1] as well; give the group another name',
    ],
    [
      'nobody for all other names',
      'upstreams: [{ name: a, address: 1.1.1.1 }]\nroutes: [{ domains: [a.example], upstreams: [a] }]',
      'f:1:12 upstreams: no upstream is left for names that no route takes; add one that no route names, or a route for "."',
    ],
    [
      'more upstreams than a group may have',
      `upstreams:\n${Array.from({ length: 32 }, (_, i) => `  - 192.0.2.${i}#dns.example.org\n`).join('')}`,
      'f:2:3 upstreams: 32 upstreams are asked for the same names; keep to 31',
    ],
    [
      'a share that is none',
      'selection: { hedge: { budget: 0.05 } }',
      'f:1:31 selection.hedge.budget: 0.05 is not a percentage; give a percentage from 0% to 100%',
    ],
    [
      'a share above all',
      'selection: { hedge: { budget: 101% } }',
      'f:1:31 selection.hedge.budget: 101% is above the maximum of 100%; give a percentage from 0% to 100%',
    ],
    [
      'neither true nor false',
      'selection: { explain: yes }',
      'f:1:23 selection.explain: "yes" is neither true nor false; give true or false',
    ],
  ] as const) {
    test(what, () => assert.deepEqual(problems(text), [expected]))
  }
})
