// What RFC 6781 §4.1 asks of roll-overs: that the chain of trust holds for any combination of what the
// zone has now and what caches still have of the phase before.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Budget } from '../../../src/dnssec/budget.ts'
import { name } from '../../../src/dnssec/chain/testing.ts'
import { ZoneKeysReader } from '../../../src/dnssec/chain/zone-keys.ts'
import { readDelegationSigner } from '../../../src/dnssec/ds.ts'
import { KeyFlag, SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import { run } from '../../../src/dnssec/steps.ts'
import { signedSetOf } from '../../../src/dnssec/testing.ts'
import { isFault, Verifier } from '../../../src/dnssec/verifier.ts'
import { ExtendedError } from '../../../src/wire/edns.ts'
import { RecordClass, RecordType } from '../../../src/wire/record-type.ts'
import { ROLL_OVERS } from './figures.ts'
import { MISTAKES } from './mistakes.ts'
import {
  algorithmOf,
  type Algorithms,
  baseName,
  isEntryPoint,
  isRevoked,
  type Phase,
  readPhase,
} from './phase.ts'

const NOW = 1_800_000_000
const ZONE = name('example.')
const OWNER = name('www.example.')
const ENTRY_POINT = KeyFlag.Zone | KeyFlag.EntryPoint

const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })
const reader = new ZoneKeysReader(verifier)

/** DS records, DNSKEY set and data, of one phase or of several. */
interface Seen {
  readonly ds: Phase['ds']
  readonly keys: Pick<Phase, 'dnskey' | 'signKeys'>
  readonly signData: readonly string[]
}

class Keyring {
  readonly #algorithms: Algorithms
  readonly #made = new Map<string, SigningKey>()

  constructor(algorithms: Algorithms = {}) {
    this.#algorithms = algorithms
  }

  readonly get = (id: string): SigningKey => {
    const base = baseName(id)
    const flags = isEntryPoint(base) ? ENTRY_POINT : KeyFlag.Zone
    const algorithm = algorithmOf(base, this.#algorithms)
    const key = this.#made.get(base) ?? new SigningKey({ algorithm, flags })
    this.#made.set(base, key)
    return isRevoked(id) ? key.withFlags(flags | KeyFlag.Revoked) : key
  }

  /** The info code of what is wrong, null when the data are proven. */
  async faultOf({ ds, keys, signData }: Seen): Promise<number | null> {
    const by = (signers: readonly string[]) => ({
      zone: ZONE,
      keys: signers.map(this.get),
      inception: NOW - 60,
      expiration: NOW + 60,
    })
    const rdata = keys.dnskey.map((id) => this.get(id).rdata)
    const answer = [signedSetOf(ZONE, RecordType.DNSKEY, rdata, by(keys.signKeys))]
    const question = { name: ZONE, type: RecordType.DNSKEY, class: RecordClass.IN, rcode: 0 }
    const message = { ...question, answer, authority: [], loose: [], count: rdata.length }
    const digests = ds.map((id) => readDelegationSigner(this.get(id).ds(ZONE)))
    const found = await run(reader.read(message, ZONE, { ds: digests, keys: [] }, new Budget()))
    if ('code' in found) return found.code
    assert.ok(found.kind === 'keys')
    const data = signedSetOf(OWNER, RecordType.A, [Buffer.of(192, 0, 2, 1)], by(signData))
    const proof = await verifier.verify(data, { zone: ZONE, keys: found.keys }, new Budget())
    return isFault(proof) ? proof.code : null
  }
}

/** All that can be seen of two phases. Without DS records there is nothing to prove. */
function combinations(one: Phase, other: Phase): Seen[] {
  const both = [one, other]
  return both
    .flatMap(({ ds }) =>
      both.flatMap((keys) =>
        both.flatMap(({ signData }) => signData.map((data) => ({ ds, keys, signData: data }))),
      ),
    )
    .filter(({ ds }) => ds.length > 0)
}

describe('a roll-over that RFC 6781 describes', () => {
  it('is there for each figure of keys, in §4 and appendices C and D', () => {
    const sources = Object.values(ROLL_OVERS).map(({ source }) => source)
    const figures = sources.flatMap((source) =>
      /figure/.test(source) ? source.replace(/.*figures?/, '').match(/\d+/g)! : [],
    )
    const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15]
    assert.deepEqual(
      Array.from(new Set(figures.map(Number))).sort((a, b) => a - b),
      expected,
    )
  })

  for (const [title, { source, algorithms, isSequence = true, phases }] of Object.entries(
    ROLL_OVERS,
  )) {
    const when = isSequence ? 'whatever caches have' : 'in each phase by itself'
    it(`is noticed by nobody, ${when}: ${title} (${source})`, async () => {
      const ring = new Keyring(algorithms)
      const rows = Object.values(phases).map(readPhase)
      const seen = rows.flatMap((phase, i) =>
        combinations(phase, isSequence ? (rows[i + 1] ?? phase) : phase),
      )
      for (const each of seen) {
        // oxlint-disable-next-line no-await-in-loop -- the first that is wrong is enough
        assert.equal(await ring.faultOf(each), null, JSON.stringify(each))
      }
    })
  }
})

describe('a roll-over with a mistake', () => {
  for (const [title, { row, algorithms, ede, because }] of Object.entries(MISTAKES)) {
    it(`is bogus: ${title}, ${because}`, async () => {
      const { ds, signData, ...keys } = readPhase(row)
      const fault = await new Keyring(algorithms).faultOf({ ds, keys, signData: signData[0]! })
      assert.ok(fault !== null && ede.includes(fault), `${fault}`)
    })
  }

  it('is bogus where caches have what the old key signed, and it is gone (§4.2.2)', async () => {
    const [before, after] = Object.values(ROLL_OVERS['zsk-compromised']!.phases).map(readPhase)
    const ring = new Keyring()
    const found = await Promise.all(combinations(before!, after!).map((seen) => ring.faultOf(seen)))
    assert.equal(found.filter((fault) => fault === ExtendedError.DnskeyMissing).length, 4)
  })
})
