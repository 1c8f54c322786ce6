import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Dnskey } from './dnskey.ts'
import { type DelegationSigner, matchesDs, usableDs } from './ds.ts'
import { ROOT } from './name.ts'
import { KeyFault } from './public-key.ts'
import { SigningKey } from './signer/signing-key.ts'

const policy = { acceptSha1: true }

function rsa(exponent: readonly number[], modulus: Uint8Array, algorithm = 8): Dnskey {
  return new Dnskey(
    Buffer.concat([Buffer.from([1, 0, 3, algorithm, exponent.length, ...exponent]), modulus]),
  )
}

describe('a public key', () => {
  for (const algorithm of [5, 7, 8, 10, 13, 14, 15, 16]) {
    it(`of algorithm ${algorithm} can be used`, () => {
      const made = new SigningKey({ algorithm, bits: 1_024 })
      const key = new Dnskey(made.rdata)
      assert.equal(key.fault, null)
      assert.equal(key.tag, made.tag)
      for (const digestType of [1, 2, 4]) {
        const digest = made.ds(ROOT, digestType).subarray(4)
        const ds = { keyTag: key.tag, algorithm, digestType, digest }
        assert.ok(matchesDs(ROOT, key, ds))
        assert.ok(!matchesDs(ROOT, key, { ...ds, digest: digest.subarray(1) }))
        assert.ok(!matchesDs(ROOT, key, { ...ds, digestType: 3 }))
      }
    })

    it(`of algorithm ${algorithm} may be anything, and then is malformed`, () => {
      for (const length of [1, 2, 31, 32, 57, 64, 96, 300]) {
        const key = new Dnskey(
          Buffer.concat([Buffer.from([1, 0, 3, algorithm]), Buffer.alloc(length)]),
        )
        if (key.fault === null) assert.ok(algorithm >= 15)
        else assert.equal(key.fault, KeyFault.Malformed)
      }
    })
  }

  it('is parsed once, when it is first asked for, be it good or not', () => {
    const { rdata } = new SigningKey({ algorithm: 13 })
    const key = new Dnskey(rdata)
    // Whatever becomes of the octets that it was read from.
    rdata.fill(0xff)
    const parsed = key.key
    assert.ok(parsed !== null)
    key.rdata.fill(0)
    assert.equal(key.key, parsed)
    const bad = new Dnskey(Buffer.from([1, 0, 3, 13, 0]))
    assert.equal(bad.fault, KeyFault.Malformed)
    bad.rdata[3] = 12
    assert.equal(bad.fault, KeyFault.Malformed)
  })

  it('of an algorithm that nobody here knows is no fault of its own', () => {
    assert.equal(new Dnskey(Buffer.from([1, 0, 3, 12, 1])).fault, KeyFault.Algorithm)
  })

  it('of RSA has bounds for modulus and exponent (RFC 3110 §2, RFC 5702 §2)', () => {
    const modulus = (bits: number) => Buffer.alloc(bits / 8, 0xff)
    const f4 = [1, 0, 1]
    assert.equal(rsa(f4, modulus(512)).fault, null)
    assert.equal(rsa(f4, modulus(4_096)).fault, null)
    assert.equal(rsa(f4, modulus(504)).fault, KeyFault.Size)
    assert.equal(rsa(f4, modulus(4_104)).fault, KeyFault.Size)
    assert.equal(rsa(f4, modulus(512), 10).fault, KeyFault.Size)
    assert.equal(rsa([1, 0, 0, 0, 1], modulus(2_048)).fault, null)
    assert.equal(rsa([8, 0, 0, 0, 1], modulus(2_048)).fault, KeyFault.Size)
    assert.equal(rsa([...modulus(1_024)], modulus(1_024)).fault, KeyFault.Size)
    assert.equal(rsa([1], modulus(1_024)).fault, KeyFault.Malformed)
    assert.equal(rsa([2], modulus(1_024)).fault, KeyFault.Malformed)
  })
})

describe('DS records', () => {
  const ds = (algorithm: number, digestType: number): DelegationSigner => {
    return { keyTag: 1, algorithm, digestType, digest: new Uint8Array(1) }
  }

  it('with SHA-1 do not count beside better ones (RFC 4509 §3)', () => {
    assert.deepEqual(usableDs([ds(8, 1), ds(8, 2), ds(8, 4)], policy), [ds(8, 2), ds(8, 4)])
    assert.deepEqual(usableDs([ds(8, 1), ds(8, 3)], policy), [ds(8, 1)])
  })

  it('do not count when nobody here can check them (RFC 4035 §5.2)', () => {
    assert.deepEqual(usableDs([ds(8, 3), ds(12, 2), ds(8, 0)], policy), [])
    assert.deepEqual(usableDs([ds(8, 1), ds(5, 2), ds(7, 2)], { acceptSha1: false }), [])
  })
})
