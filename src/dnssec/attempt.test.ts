import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { RecordType } from '../wire/record-type.ts'
import { Budget } from './budget.ts'
import { name } from './chain/testing.ts'
import { Dnskey } from './dnskey.ts'
import type { Rrset } from './rrset.ts'
import { SigningKey } from './signer/signing-key.ts'
import { signedSetOf } from './testing.ts'
import { isFault, Verifier } from './verifier.ts'

const NOW = 1_800_000_000
const ZONE = name('example.')
const key = new SigningKey({ algorithm: 8, bits: 2_048 })
const zone = { zone: ZONE, keys: [new Dnskey(key.rdata)] }

function texts(count: number): Rrset {
  const rdata = Array.from({ length: count }, (_, i) =>
    Buffer.concat([Buffer.of(200), Buffer.alloc(200, `text ${i} `)]),
  )
  const signer = { zone: ZONE, keys: [key], inception: NOW - 60, expiration: NOW + 60 }
  return signedSetOf(name('www.example.'), RecordType.TXT, rdata, signer)
}

function verify(set: Rrset) {
  const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })
  return verifier.verify(set, zone, new Budget())
}

describe('a signature by a quick key', () => {
  it('is checked at once', () => {
    const found = verify(texts(4))
    assert.ok(!(found instanceof Promise) && !isFault(found))
  })

  it('is checked elsewhere when it is over many octets', async () => {
    const found = verify(texts(40))
    assert.ok(found instanceof Promise)
    assert.ok(!isFault(await found))
  })

  it('is checked elsewhere behind one that was bad: many more may be', async () => {
    const set = texts(1)
    const [good] = set.signatures
    const signature = Uint8Array.from(good!.signature)
    signature[9]! ^= 1
    const found = verify({ ...set, signatures: [{ ...good!, signature }, good!] })
    assert.ok(found instanceof Promise)
    assert.ok(!isFault(await found))
  })
})
