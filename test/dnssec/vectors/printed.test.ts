// Signatures and digests that RFCs print, each with a clock of its time.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Budget } from '../../../src/dnssec/budget.ts'
import { readDnskeys } from '../../../src/dnssec/dnskey.ts'
import { matchesDs, readDs } from '../../../src/dnssec/ds.ts'
import { setsOf } from '../../../src/dnssec/testing.ts'
import { isFault, Verifier } from '../../../src/dnssec/verifier.ts'
import { printedVectors } from './printed.ts'

/** RFC 4034 §5.4 and RFC 4509 §2.3: a key with its DS records of SHA-1 and SHA-256. */
const digestVector = `
  dskey.example.com. 86400 IN DNSKEY 256 3 5 (
    AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZ
    DRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9Xzc
    nOf+EPbtG9DMBmADjFDc2w/rljwvFw== )
  dskey.example.com. 86400 IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
  dskey.example.com. 86400 IN DS 60485 5 2 (
    D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A )`

describe('signatures that RFCs print', () => {
  for (const { source, zone: text, hasDs } of printedVectors) {
    it(source, async () => {
      const [keySet, ...rest] = setsOf(text)
      const keys = { zone: keySet!.owner, keys: readDnskeys(keySet!) }
      const set = rest.at(-1)!
      const now = set.signatures[0]!.inception
      const verifier = new Verifier({ now: () => now, policy: { acceptSha1: false } })
      const result = await verifier.verify(set, keys, new Budget())
      assert.ok(!isFault(result), JSON.stringify(result))
      assert.equal(result.ttl, 3_600)
      if (hasDs) assert.ok(matchesDs(keys.zone, keys.keys[0]!, readDs(rest[0]!)[0]!))
    })
  }
})

describe('digests that RFCs print', () => {
  const [keySet, dsSet] = setsOf(digestVector)
  const [key] = readDnskeys(keySet!)

  it('are those of their key, with SHA-1 and SHA-256 (RFC 4034 §5.4, RFC 4509 §2.3)', () => {
    const digests = readDs(dsSet!)
    assert.deepEqual(
      digests.map(({ digestType }) => digestType),
      [1, 2],
    )
    for (const ds of digests) assert.ok(matchesDs(keySet!.owner, key!, ds))
  })

  it('go with the key tag that is printed (RFC 4034 Appendix B)', () => {
    assert.equal(key!.tag, 60_485)
  })
})
