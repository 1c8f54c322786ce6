import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import type { Config } from './config.ts'
import type { Environment } from './environment.ts'
import { parseConfig } from './load.ts'
import { formatProblem } from './problem.ts'

function load(environment: Environment, text = '') {
  return parseConfig({ text, file: 'dotward.yaml', environment })
}

function configOf(environment: Environment, text = ''): Config {
  const loaded = load(environment, text)
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
  return loaded.config
}

function problemsOf(environment: Environment, text = ''): string[] {
  const loaded = load(environment, text)
  return loaded.ok ? [] : loaded.problems.map(formatProblem)
}

/** The only upstream. */
function upstream(environment: Environment, text = '') {
  const { upstreams } = configOf(environment, text)
  assert.equal(upstreams.length, 1)
  const { address, port, tlsName } = upstreams[0]!
  return [address, port, tlsName]
}

function listeners(environment: Environment, text = ''): string[] {
  return configOf(environment, text).listeners.map(
    ({ address, port, protocols }) => `${address} ${port} ${protocols.join()}`,
  )
}

suite('DNS_SERVER and DNS_PORT', () => {
  test('make one upstream, in place of those of the file', () => {
    const environment = { DNS_SERVER: '192.0.2.1#dns.example.org', DNS_PORT: '8853' }
    const expected = ['192.0.2.1', 8853, 'dns.example.org']
    assert.deepEqual(upstream(environment), expected)
    assert.deepEqual(upstream(environment, 'upstreams: [{ port: 99 }, nonsense]'), expected)
  })

  test('a public resolver is known by its address', () => {
    assert.deepEqual(upstream({ DNS_SERVER: '8.8.4.4' }), ['8.8.4.4', 853, 'dns.google'])
    assert.deepEqual(upstream({ DNS_SERVER: '2620:FE::FE' }), ['2620:fe::fe', 853, 'dns.quad9.net'])
  })

  test('an unknown address without a name is refused (RFC 8310 §5)', () => {
    assert.deepEqual(problemsOf({ DNS_SERVER: '192.0.2.1' }), [
      'environment DNS_SERVER upstreams[0]: nothing says whose certificate 192.0.2.1 must show; give its name as tlsName or #NAME, or #192.0.2.1 when it is issued for the address',
    ])
  })

  test('a certificate for the address itself must be asked for', () => {
    assert.deepEqual(upstream({ DNS_SERVER: '192.0.2.1#192.0.2.1' }), ['192.0.2.1', 853, null])
  })

  test('DNS_PORT alone is the port of the built-in upstreams', () => {
    const { upstreams } = configOf({ DNS_PORT: '8853' })
    assert.deepEqual(
      upstreams.map(({ address, port }) => `${address}:${port}`),
      ['1.1.1.1:8853', '1.0.0.1:8853'],
    )
    assert.deepEqual(problemsOf({ DNS_PORT: '8853' }, 'upstreams: [9.9.9.9]'), [
      'environment DNS_PORT upstreams: the file names the upstreams; set DNS_SERVER too, or neither',
    ])
  })

  test('two ports that differ are refused, as are ports that are none', () => {
    const twice = problemsOf({ DNS_SERVER: '1.1.1.1:853', DNS_PORT: '8853' })
    assert.deepEqual(twice, [
      'environment DNS_PORT upstreams[0].port: DNS_PORT says "8853" and DNS_SERVER says port 853; give the port once',
    ])
    assert.deepEqual(problemsOf({ DNS_SERVER: '1.1.1.1', DNS_PORT: '0' }), [
      'environment DNS_PORT upstreams[0].port: 0 is below the minimum of 1; give a whole number from 1 to 65535',
    ])
  })

  test('are not to be mixed with the whole list', () => {
    const lines = problemsOf({ DNS_SERVER: '1.1.1.1', DOTWARD_UPSTREAMS: '[9.9.9.9]' })
    assert.deepEqual(lines, [
      'environment DOTWARD_UPSTREAMS upstreams: DNS_SERVER names the upstream too; unset one of them',
    ])
  })
})

suite('LISTEN_ADDR and LISTEN_PORT', () => {
  test('make one listener', () => {
    const both = { LISTEN_ADDR: '127.0.0.1', LISTEN_PORT: '5300' }
    assert.deepEqual(listeners(both), ['127.0.0.1 5300 udp,tcp'])
    assert.deepEqual(listeners({ LISTEN_ADDR: '[::1]' }), ['::1 53 udp,tcp'])
    assert.deepEqual(listeners({ LISTEN_ADDR: '::' }), [':: 53 udp,tcp'])
  })

  test('change the only listener of the file', () => {
    const text = 'listeners: [{ address: 192.0.2.1, port: 53, protocols: [udp] }]'
    assert.deepEqual(listeners({ LISTEN_PORT: '5300' }, text), ['192.0.2.1 5300 udp'])
  })

  test('are refused when the file names several', () => {
    const text = 'listeners: [{ port: 53 }, { port: 54 }]'
    assert.match(
      problemsOf({ LISTEN_PORT: '5300' }, text)[0]!,
      /^environment LISTEN_PORT listeners/,
    )
  })

  test('are named in problems', () => {
    assert.deepEqual(problemsOf({ LISTEN_ADDR: 'localhost' }), [
      'environment LISTEN_ADDR listeners[0].address: "localhost" is not an IP address; give one, in quotes when it is IPv6',
    ])
  })
})

suite('DOTWARD_<SECTION>__<KEY>', () => {
  test('sets routes, what upstreams are for, and how one is chosen', () => {
    const { upstreams, routes, selection } = configOf(
      {
        DOTWARD_UPSTREAMS__1__PROTOCOL: 'plain',
        DOTWARD_UPSTREAMS__0__WEIGHT: '3',
        DOTWARD_ROUTES: '[{ domains: [corp.example], upstreams: [corp] }]',
        DOTWARD_SELECTION__STRATEGY: 'round-robin',
        DOTWARD_SELECTION__HEDGE__BUDGET: '0%',
        DOTWARD_SELECTION__EXPLAIN: 'true',
      },
      'upstreams: [{ name: a, address: 1.1.1.1 }, { name: corp, address: 192.0.2.53 }]',
    )
    assert.deepEqual(
      upstreams.map(({ protocol, weight, port }) => [protocol, weight, port]),
      [
        ['dot', 3, 853],
        ['plain', 1, 53],
      ],
    )
    assert.deepEqual(routes, [
      { domains: ['corp.example'], upstreams: ['corp'], dnssec: 'validate' },
    ])
    assert.equal(selection.strategy, 'round-robin')
    assert.equal(selection.hedge.budget, 0)
    assert.equal(selection.explain, true)
  })

  test('DNS_SERVER takes the place of upstreams that routes name, and so they are missed', () => {
    assert.deepEqual(
      problemsOf(
        { DNS_SERVER: '9.9.9.9' },
        'upstreams: [1.1.1.1, { name: corp, address: 192.0.2.53, protocol: plain }]\nroutes: [{ domains: [corp.example], upstreams: [corp] }]',
      ),
      [
        'dotward.yaml:2:49 routes[0].upstreams[0]: "corp" is the name of no upstream and of no group; known are: 9.9.9.9#dns.quad9.net, default',
      ],
    )
  })

  test('sets one setting over the file', () => {
    const config = configOf(
      { DOTWARD_CACHE__MIN_TTL: '5s', DOTWARD_CACHE__SIZE: '2097152', DOTWARD_WORKERS: '3' },
      'cache: { minTtl: 1s, maxTtl: 1h }',
    )
    assert.equal(config.cache.minTtl, 5000)
    assert.equal(config.cache.maxTtl, 3_600_000)
    assert.equal(config.cache.size, 2 ** 21)
    assert.equal(config.workers, 3)
  })

  test('sets lists whole, as YAML, or by index', () => {
    const config = configOf(
      {
        DOTWARD_ACCESS__ALLOW: '[192.0.2.0/24, "2001:db8::/32"]',
        DOTWARD_LISTENERS__0__PORT: '5300',
        DOTWARD_UPSTREAMS__0: '192.0.2.1#dns.example.org',
        DOTWARD_UPSTREAMS__1: '{ address: 192.0.2.2, tlsName: dns.example.org }',
      },
      'listeners: [{ address: 127.0.0.1 }]',
    )
    assert.deepEqual(config.access.allow, ['192.0.2.0/24', '2001:db8::/32'])
    assert.deepEqual(config.listeners, [
      { address: '127.0.0.1', port: 5300, protocols: ['udp', 'tcp'] },
    ])
    assert.deepEqual(
      config.upstreams.map(({ address }) => address),
      ['192.0.2.1', '192.0.2.2'],
    )
  })

  test('sets groups by the names that the file has for them, or new ones', () => {
    const { groups, allow } = configOf(
      {
        DOTWARD_ACCESS__GROUPS__HEAD_OFFICE__RANGES: '[10.1.0.0/16]',
        DOTWARD_ACCESS__GROUPS__STAFF__CERTIFICATES: '["CN=printer"]',
        DOTWARD_ACCESS__ALLOW: '["@headOffice", "@staff"]',
      },
      'access: { groups: { headOffice: { ranges: [10.2.0.0/16] } } }',
    ).access
    assert.deepEqual(groups, {
      headOffice: { ranges: ['10.1.0.0/16'], certificates: [] },
      staff: { ranges: [], certificates: ['CN=printer'] },
    })
    assert.deepEqual(allow, ['@headOffice', '@staff'])
    const text = 'access: { groups: 7 }'
    assert.equal(problemsOf({ DOTWARD_ACCESS__GROUPS__A__RANGES: '[10.0.0.0/8]' }, text).length, 2)
  })

  test('an unknown name is a problem, with the name that may be meant', () => {
    assert.deepEqual(problemsOf({ DOTWARD_CACHE__MIN_TLL: '5s' }), [
      'environment DOTWARD_CACHE__MIN_TLL cache: is not known to this version of dotward; did you mean MIN_TTL?',
    ])
  })

  test('a bad value names its variable, also where the file has a good one', () => {
    assert.deepEqual(problemsOf({ DOTWARD_CACHE__SIZE: 'big' }, 'cache: { size: 2MiB }'), [
      'environment DOTWARD_CACHE__SIZE cache.size: "big" is not a size; give a size from 1MiB to 16GiB, with its unit: KiB, MiB, GiB',
    ])
    assert.match(problemsOf({ DOTWARD_UPSTREAMS: '[a: {' })[0]!, /^environment DOTWARD_UPSTREAMS /)
  })

  test('gaps in a list, and steps into what is no list, are problems', () => {
    assert.match(problemsOf({ DOTWARD_UPSTREAMS__3: '9.9.9.9' })[0]!, /no entry 0 before it/)
    const short = problemsOf({ DOTWARD_UPSTREAMS__0__PORT: '853' }, 'upstreams: [9.9.9.9]')
    assert.match(short[0]!, /what it belongs to is not a map; set that whole/)
  })

  test('empty variables count as not set', () => {
    const empty = { DNS_SERVER: '', DNS_PORT: '', LISTEN_ADDR: '', DOTWARD_WORKERS: '' }
    assert.deepEqual(configOf(empty), configOf({}))
  })

  test('what Kubernetes sets for services called dotward, dns and listen is not ours', () => {
    const links = {
      DOTWARD_SERVICE_HOST: '192.0.2.10',
      DOTWARD_SERVICE_PORT: '53',
      DOTWARD_SERVICE_PORT_DNS_TCP: '53',
      DOTWARD_PORT: 'udp://192.0.2.10:53',
      DOTWARD_PORT_53_UDP: 'udp://192.0.2.10:53',
      DOTWARD_PORT_53_UDP_ADDR: '192.0.2.10',
      DNS_PORT: 'udp://192.0.2.10:53',
      LISTEN_PORT: 'tcp://192.0.2.10:53',
    }
    assert.deepEqual(configOf(links), configOf({}))
  })
})

test('no environment makes it throw', () => {
  const name = fc.oneof(
    fc.constantFrom('DNS_SERVER', 'DNS_PORT', 'LISTEN_ADDR', 'LISTEN_PORT'),
    fc
      .array(fc.constantFrom('CACHE', 'UPSTREAMS', 'LISTENERS', 'PORT', '0', '1', 'SIZE', 'X'), {
        minLength: 1,
        maxLength: 4,
      })
      .map((words) => `DOTWARD_${words.join('__')}`),
  )
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('1', '[]', '{}', '[[', '{a: 1}', '1.1.1.1', '::', 'sdns://Aw', 'tls://#'),
  )
  fc.assert(
    fc.property(fc.dictionary(name, value), (environment) => {
      const loaded = load(environment, 'listeners: [{ port: 1 }]\nupstreams: [9.9.9.9]')
      if (!loaded.ok) assert.ok(loaded.problems.length > 0)
    }),
    { numRuns: 500 },
  )
})
