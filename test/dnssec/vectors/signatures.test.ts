// The signatures of the RFCs' example zones, each over its set as a message has it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Budget } from '../../../src/dnssec/budget.ts'
import { readDnskeys, type ZoneKeys } from '../../../src/dnssec/dnskey.ts'
import { nameText, readName } from '../../../src/dnssec/name.ts'
import type { Rrset } from '../../../src/dnssec/rrset.ts'
import { isFault, Verifier } from '../../../src/dnssec/verifier.ts'
import { parseName } from '../../../src/wire/text/name-text.ts'
import { formatType } from '../../../src/wire/text/type-text.ts'
import { RFC4035_TIME, rfc4035Responses } from './rfc4035.ts'
import { RFC5155_TIME, rfc5155Responses } from './rfc5155.ts'
import { mustSign } from './signed.ts'
import { VectorZone } from './vector-zone.ts'

const EXAMPLE = readName(parseName('example.') as Uint8Array, 0, 0)

const vectors = [
  { rfc: 4035, file: 'rfc4035.zone', now: RFC4035_TIME, responses: rfc4035Responses, algorithm: 5 },
  { rfc: 5155, file: 'rfc5155.zone', now: RFC5155_TIME, responses: rfc5155Responses, algorithm: 7 },
]

for (const { rfc, file, now, responses, algorithm } of vectors) {
  const vectorZone = new VectorZone(file)
  const keySet = mustSign(
    vectorZone.response({
      section: 'A',
      question: 'example. DNSKEY',
      answer: ['example. DNSKEY'],
      authority: [],
    }),
  ).answer[0]!
  const zone: ZoneKeys = { zone: EXAMPLE, keys: readDnskeys(keySet) }

  const verify = async (set: Rrset, at: number, acceptSha1 = true): Promise<string> => {
    const verifier = new Verifier({ now: () => at, policy: { acceptSha1 } })
    const result = await verifier.verify(set, zone, new Budget())
    if (isFault(result)) return `EDE ${result.code}`
    return result.wildcard === null ? 'holds' : `holds for ${nameText(result.wildcard)}`
  }

  describe(`signatures of RFC ${rfc}, Appendix A and B`, () => {
    it('hold over the zone’s keys', async () => {
      assert.equal(await verify(keySet, now), 'holds')
    })

    for (const response of responses) {
      it(`hold over the sets of ${response.section}: ${response.question}`, async () => {
        const { answer, authority } = mustSign(vectorZone.response(response))
        const sets = [...answer, ...authority]
        assert.ok(sets.some(({ signatures }) => signatures.length > 0))
        for (const set of sets) {
          const what = `${nameText(set.owner)} ${formatType(set.type)}`
          const expanded = answer.includes(set) && set.owner.startsWith('\x01a\x01z')
          const expected = expanded ? 'holds for *.w.example.' : 'holds'
          // Delegations are not signed (RFC 4035 §2.2).
          const isDelegation = formatType(set.type) === 'NS' && set.owner !== EXAMPLE
          assert.equal(await verify(set, now), isDelegation ? 'EDE 10' : expected, what)
        }
      })
    }

    it('do not hold before their inception and after their expiration', async () => {
      const [sig] = keySet.signatures
      assert.equal(await verify(keySet, sig!.inception), 'holds')
      assert.equal(await verify(keySet, sig!.expiration), 'holds')
      assert.equal(await verify(keySet, sig!.inception - 301), 'EDE 8')
      assert.equal(await verify(keySet, sig!.expiration + 301), 'EDE 7')
    })

    it(`do not count where SHA-1 is not accepted (RFC 9905 §2): algorithm ${algorithm}`, async () => {
      assert.equal(await verify(keySet, now, false), 'EDE 10')
    })
  })
}
