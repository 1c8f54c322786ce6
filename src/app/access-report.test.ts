import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configSchema } from '../config/config.ts'
import { accessNotices } from './access-report.ts'

/** Not through a file, so that certificates need not be there. */
function noticesOf(settings: object): string[] {
  return accessNotices(configSchema.parse(settings) as Parameters<typeof accessNotices>[0])
}

test('nothing is said of what is not open to all', () => {
  assert.deepEqual(noticesOf({}), [])
  const tls = { certificate: 'a', key: 'b' }
  const encrypted = { port: 853, protocols: ['tls'], tls, access: { allow: ['0.0.0.0/0', '::/0'] } }
  assert.deepEqual(noticesOf({ listeners: [{ port: 53 }, encrypted] }), [])
})

test('listeners that answer everybody over UDP are named, by groups as well', () => {
  const [notice, ...more] = noticesOf({
    access: { groups: { all: { ranges: ['::/0'] } } },
    listeners: [{ port: 53 }, { address: '192.0.2.1', port: 54, access: { allow: ['@all'] } }],
  })
  assert.match(notice!, /^OPEN TO EVERYBODY over UDP at 192\.0\.2\.1:54:/)
  assert.deepEqual(more, [])
})

test('groups by certificates are named where nobody is asked for one', () => {
  const access = { groups: { mesh: { certificates: ['CN=a'] }, staff: { ranges: ['10.0.0.0/8'] } } }
  assert.match(noticesOf({ access }).join('\n'), /^nobody can be in @mesh by a certificate:/)
  const tls = { certificate: 'a', key: 'b', clientCa: 'c' }
  const listeners = [{ port: 853, protocols: ['tls'], tls }]
  assert.deepEqual(noticesOf({ access, listeners }), [])
})
