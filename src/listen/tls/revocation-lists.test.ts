import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { createTestCa } from '../../../test/support/certificates.ts'
import { revocationLists, revocationPeriod } from './revocation-lists.ts'

const ca = createTestCa()
after(() => ca[Symbol.dispose]())

test('the list that ends first is found among several', () => {
  const before = Date.now() - 60_000
  const [long, short] = [ca.revocations(), ca.revocations(3_600)]
  const both = `# two authorities\n${long}${short}`
  assert.deepEqual(revocationLists(both).length, 2)
  const { begin, end } = revocationPeriod(both)
  assert.equal(end - begin, 3_600_000)
  assert.ok(begin > before && begin < Date.now() + 60_000)
  assert.deepEqual(revocationPeriod(short), { begin, end })
})

test('what is no list, or half of one, is an error and nothing worse', () => {
  const pem = ca.revocations()
  const base64 = /-----\n([^-]+)-----/.exec(pem)![1]!
  const der = Buffer.from(base64, 'base64')
  assert.throws(() => revocationPeriod('nothing'), TypeError)
  fc.assert(
    fc.property(fc.nat(der.length), fc.nat(60), fc.nat(255), (length, at, octet) => {
      const bytes = Buffer.from(der.subarray(0, length))
      if (at < length) bytes[at] = octet
      const text = `-----BEGIN X509 CRL-----\n${bytes.toString('base64')}\n-----END X509 CRL-----\n`
      try {
        revocationPeriod(text)
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error))
      }
    }),
  )
})
