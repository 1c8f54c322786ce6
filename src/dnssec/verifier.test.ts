import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import type { ResourceRecord } from '../wire/codec/message.ts'
import { Flag } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import { parseTime } from '../wire/text/time-text.ts'
import { parseZone } from '../wire/text/zone-text.ts'
import { Budget } from './budget.ts'
import { readDnskeys } from './dnskey.ts'
import { matchesDs, readDs } from './ds.ts'
import type { SignedMessage } from './rrset.ts'
import { readSigned } from './signed-message.ts'
import { isFault, Verifier } from './verifier.ts'

/** The records of a zone file as the answer section of a message. */
function answerOf(text: string): SignedMessage {
  const { records, errors } = parseZone(text.replaceAll(/^ {6}(?=\S)/gm, ''))
  assert.deepEqual(errors, [])
  const bytes = encodeMessage({
    id: 0,
    flags: Flag.QR,
    opcode: 0,
    rcode: 0,
    questions: [{ name: records[0]!.name, type: RecordType.ANY, class: 1 }],
    answers: [],
    authorities: records as ResourceRecord[],
    additionals: [],
    edns: null,
  })
  const scan = new AnswerScan()
  assert.equal(scan.scan(bytes, 0, bytes.length), AnswerFault.None)
  return readSigned(scan)
}

describe('signatures of RFCs', () => {
  it('ECDSA with P-256 (RFC 6605 §6.1)', async () => {
    const { authority } = answerOf(`
      example.net. 3600 IN DNSKEY 257 3 13 (
        GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb
        krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA== )
      example.net. 3600 IN DS 55648 13 2 (
        b4c8c1fe2e7477127b27115656ad6256f424625bf5c1
        e2770ce6d6e37df61d17 )
      www.example.net. 3600 IN A 192.0.2.1
      www.example.net. 3600 IN RRSIG A 13 3 3600 (
        20100909100439 20100812100439 55648 example.net.
        qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXA
        yGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw== )`)
    const [dnskeys, ds, set] = authority
    const zone = { zone: dnskeys!.owner, keys: readDnskeys(dnskeys!) }
    assert.ok(matchesDs(zone.zone, zone.keys[0]!, readDs(ds!)[0]!))
    const now = parseTime('20100901000000')!
    const verifier = new Verifier({ now: () => now, policy: { acceptSha1: true } })
    const result = await verifier.verify(set!, zone, new Budget())
    assert.ok(!isFault(result), JSON.stringify(result))
    assert.equal(result.ttl, 3_600)
    assert.equal(result.wildcard, null)
  })
})
