import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TlsOptions } from './options.ts'
import {
  advanceTickets,
  newTicketSecret,
  TICKET_LIFETIME,
  TICKET_PERIOD,
  ticketKeys,
  ticketPeriod,
} from './ticket-keys.ts'

const tls: TlsOptions = {
  certificate: 'certificate',
  key: 'key',
  clientCa: 'ca',
  clientCrl: null,
  requireCertificate: false,
  minVersion: 'TLSv1.2',
  protocols: ['dot'],
}
const start = newTicketSecret(0)

test('keys of one period are the same in every worker, whenever it was born', () => {
  const late = advanceTickets(start, 3)
  const byTurns = advanceTickets(advanceTickets(advanceTickets(start, 1), 2), 3)
  assert.deepEqual(ticketKeys(late, tls), ticketKeys(byTurns, tls))
  assert.equal(ticketKeys(late, tls).length, 48)
})

test('keys change with the period, and time does not go back', () => {
  assert.notDeepEqual(ticketKeys(start, tls), ticketKeys(advanceTickets(start, 1), tls))
  const third = advanceTickets(start, 3)
  assert.deepEqual(advanceTickets(third, 2), third)
  assert.equal(ticketPeriod(TICKET_PERIOD), 1)
  assert.ok(TICKET_LIFETIME * 1_000 <= TICKET_PERIOD)
})

test('keys change with whatever decides on trust: tickets of before are of no use', () => {
  const others: Partial<TlsOptions>[] = [
    { certificate: 'other' },
    { clientCa: 'other' },
    { clientCa: null },
    { clientCrl: 'crl' },
    { requireCertificate: true },
    { protocols: ['h2'] },
  ]
  const keys = [tls, ...others.map((other) => ({ ...tls, ...other }))].map((one) =>
    ticketKeys(start, one).toString('hex'),
  )
  assert.equal(new Set(keys).size, keys.length)
})
