import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../config/load.ts'
import { forwardingNotices, routeLines } from './forwarding-report.ts'

function configOf(text: string) {
  const loaded = parseConfig({ text, file: null, environment: {} })
  assert.ok(loaded.ok)
  return loaded.config
}

const ROUTED = `
upstreams:
  - 9.9.9.9
  - { name: corp, address: 192.0.2.53, protocol: plain }
  - { name: guest, address: 192.0.2.1, profile: opportunistic, group: default }
routes:
  - { domains: [a.example, b.example, c.example, d.example, e.example], upstreams: [corp] }
`

test('tells who is asked for what, where there are routes', () => {
  assert.deepEqual(routeLines(configOf('')), [])
  assert.deepEqual(routeLines(configOf(ROUTED)), [
    '  a.example, b.example, c.example, d.example and 1 more: asks corp (not encrypted)',
    '  all other names: asks 9.9.9.9#dns.quad9.net, guest',
  ])
})

test('warns of what is not encrypted and of who need not prove anything', () => {
  assert.deepEqual(forwardingNotices(configOf('')), [])
  const [plain, unproven] = forwardingNotices(configOf(ROUTED))
  assert.match(plain!, /^NOT ENCRYPTED: questions for a\.example, .* corp \(192\.0\.2\.53\)/)
  assert.match(unproven!, /^NOT AUTHENTICATED: guest /)
})
