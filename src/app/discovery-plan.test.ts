import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListenerConfig } from '../config/config.ts'
import { designations, dohPath } from './discovery-plan.ts'

const TLS = { protocols: ['tls'], port: 853 } as const
const HTTPS = { protocols: ['https'], port: 443 } as const
const NAME = 'dns.example.org'

function listener(changes: Partial<ListenerConfig>): ListenerConfig {
  return { address: '::', port: 53, protocols: ['udp', 'tcp'], ...changes }
}

test('clients are told of encrypted listeners that have a name, in the order of the configuration', () => {
  const found = designations([
    listener({}),
    listener({ ...HTTPS, discovery: NAME, https: { path: '/q' } }),
    listener({ ...TLS, port: 8853 }),
    listener({ ...TLS, discovery: NAME, address: '192.0.2.1' }),
  ])
  assert.deepEqual(found, [
    { name: NAME, alpn: ['h2', 'http/1.1'], port: 443, path: '/q', addresses: [] },
    { name: NAME, alpn: ['dot'], port: 853, path: null, addresses: ['192.0.2.1'] },
  ])
})

test('the IPv4 and IPv6 addresses of one door are told together', () => {
  const addresses = ['192.0.2.1', '2001:db8::1', '0.0.0.0']
  const found = designations(
    addresses.map((address) => listener({ ...TLS, discovery: NAME, address })),
  )
  assert.deepEqual(
    found.map((one) => one.addresses),
    [['192.0.2.1', '2001:db8::1']],
  )
})

test('DNS over HTTPS has the usual path unless it is given one', () => {
  assert.equal(dohPath(listener(HTTPS)), '/dns-query')
  assert.equal(dohPath(listener(TLS)), null)
})
