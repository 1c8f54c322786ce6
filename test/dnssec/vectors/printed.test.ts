// Signatures and digests that RFCs print, each with a clock of its time.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Budget } from '../../../src/dnssec/budget.ts'
import { readDnskeys } from '../../../src/dnssec/dnskey.ts'
import { matchesDs, readDs } from '../../../src/dnssec/ds.ts'
import { setsOf } from '../../../src/dnssec/testing.ts'
import { isFault, Verifier } from '../../../src/dnssec/verifier.ts'

interface SignatureVector {
  readonly source: string
  /** Keys, DS if there is one, and a set with its signature, in this order. */
  readonly zone: string
  readonly hasDs: boolean
}

const signatureVectors: readonly SignatureVector[] = [
  {
    source: 'RSA with SHA-256 (RFC 5702 §6.1)',
    hasDs: false,
    zone: `
      example.net. 3600 IN DNSKEY 256 3 8 (
        AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Q
        s8PkxUdp6p/DlUmObdk= )
      www.example.net. 3600 IN A 192.0.2.91
      www.example.net. 3600 IN RRSIG A 8 3 3600 20300101000000 20000101000000 9033 example.net. (
        kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFY
        K/lPtPiVYP4bwg== )`,
  },
  {
    source: 'RSA with SHA-512 (RFC 5702 §6.2)',
    hasDs: false,
    zone: `
      example.net. 3600 IN DNSKEY 256 3 10 (
        AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/Ay
        hqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWX
        jDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL )
      www.example.net. 3600 IN A 192.0.2.91
      www.example.net. 3600 IN RRSIG A 10 3 3600 20300101000000 20000101000000 3740 example.net. (
        tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw
        1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXw
        m9Sa9ZXIbNl1MBGk0fthPgxdDLw= )`,
  },
  {
    source: 'ECDSA with P-256 (RFC 6605 §6.1)',
    hasDs: true,
    zone: `
      example.net. 3600 IN DNSKEY 257 3 13 (
        GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb
        krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA== )
      example.net. 3600 IN DS 55648 13 2 (
        b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17 )
      www.example.net. 3600 IN A 192.0.2.1
      www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 20100812100439 55648 example.net. (
        qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXA
        yGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw== )`,
  },
  {
    source: 'ECDSA with P-384 (RFC 6605 §6.2)',
    hasDs: true,
    zone: `
      example.net. 3600 IN DNSKEY 257 3 14 (
        xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X
        1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40 )
      example.net. 3600 IN DS 10771 14 4 (
        72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9
        495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6 )
      www.example.net. 3600 IN A 192.0.2.1
      www.example.net. 3600 IN RRSIG A 14 3 3600 20100909102025 20100812102025 10771 example.net. (
        /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74
        hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm )`,
  },
  {
    source: 'Ed25519 (RFC 8080 §6.1, erratum 4935)',
    hasDs: true,
    zone: `
      example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=
      example.com. 3600 IN DS 3613 15 2 (
        3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b )
      example.com. 3600 IN MX 10 mail.example.com.
      example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. (
        oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9
        VrbpMngwcrqNAg== )`,
  },
  {
    source: 'Ed448 (RFC 8080 §6.2, erratum 4935)',
    hasDs: true,
    zone: `
      example.com. 3600 IN DNSKEY 257 3 16 (
        3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDp
        JtIA )
      example.com. 3600 IN DS 9713 16 2 (
        6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7 )
      example.com. 3600 IN MX 10 mail.example.com.
      example.com. 3600 IN RRSIG MX 16 2 3600 1440021600 1438207200 9713 example.com. (
        3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKi
        wZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213
        WKsJlwEA )`,
  },
]

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
  for (const { source, zone: text, hasDs } of signatureVectors) {
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
