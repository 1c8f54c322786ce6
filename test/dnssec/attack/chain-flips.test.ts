// One bit turned over in anything that a verdict hangs on: the answer, or one of the answers about keys
// and delegations on the way to it. Nothing false is secure then, and nothing signed is taken for
// unsigned; most of it is bogus, and what is not says the same as before.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'

import { TrustAnchors } from '../../../src/dnssec/anchors/trust-anchors.ts'
import { Chain } from '../../../src/dnssec/chain/chain.ts'
import { readDelegationSigner } from '../../../src/dnssec/ds.ts'
import { type Name, nameText, ROOT } from '../../../src/dnssec/name.ts'
import type { Nsec3Options } from '../../../src/dnssec/signer/nsec3-chain.ts'
import { SignedWorld } from '../../../src/dnssec/signer/signed-world.ts'
import { SignedZone } from '../../../src/dnssec/signer/signed-zone.ts'
import { KeyFlag, SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import { Validator } from '../../../src/dnssec/validator.ts'
import { Security, type Verdict } from '../../../src/dnssec/verdict.ts'
import { Verifier } from '../../../src/dnssec/verifier.ts'
import { encodeMessage } from '../../../src/wire/codec/message-encode.ts'
import { decodeMessage } from '../../../src/wire/codec/message.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { parseName } from '../../../src/wire/text/name-text.ts'
import { formatType } from '../../../src/wire/text/type-text.ts'
import { parseZone } from '../../../src/wire/text/zone-text.ts'
import { messageOf } from '../vectors/vector-rig.ts'
import { signedOctets } from '../vectors/signed.ts'
import { nameOf, NOW } from './attack-world.ts'
import { Truth } from './truth.ts'

const { A, TXT, MX, DS, DNSKEY } = RecordType

/** Where a bit is turned over. */
interface Flip {
  /** `name type` of the answer that it is in. */
  readonly question: string
  readonly bit: number
}

/** Zones, what is true in them, and a validator for each question. */
class FlippedWorld {
  readonly #world: SignedWorld
  readonly #root: SignedZone
  readonly #truth: Truth
  /** Answers, as octets. */
  readonly #octets = new Map<string, Buffer>()

  /** @param zones the root first; all of them have a chain of trust but those without keys */
  constructor(zones: readonly SignedZone[], hasOptOut: boolean) {
    this.#root = zones[0]!
    this.#world = new SignedWorld(zones)
    this.#truth = new Truth(
      zones.map((zone) => {
        return {
          apex: zone.apex,
          isSecure: zone.keys.length > 0,
          records: zone.records(),
          hasOptOut,
        }
      }),
    )
  }

  /** Every answer that the verdict hangs on, by its question, with how many octets it has. */
  async needed(name: Name, type: number): Promise<Map<string, number>> {
    const asked = new Map<string, number>()
    const note = (question: string): void => void asked.set(question, this.#of(question).length)
    note(labelOf(name, type))
    await this.judge(name, type, null, note)
    return asked
  }

  /** @returns null when the flipped answer is none at all */
  async judge(
    name: Name,
    type: number,
    flip: Flip | null,
    onAsked: (question: string) => void = () => {},
  ): Promise<{ readonly octets: Uint8Array; readonly verdict: Verdict } | null> {
    const now = (): number => NOW
    const verifier = new Verifier({ now, policy: { acceptSha1: true } })
    const ds = this.#root.ds().map(({ rdata }) => readDelegationSigner(rdata))
    const chain = new Chain({
      source: {
        ask: async (owner, of) => {
          const question = labelOf(owner, of)
          onAsked(question)
          const message = signedOctets(this.#flipped(question, flip))
          if (typeof message === 'number') return { failure: 'no answer' }
          return { message, upstream: 'flipping' }
        },
      },
      verifier,
      anchors: new TrustAnchors({ anchors: [{ zone: ROOT, ds, keys: [] }], negative: [] }),
      now,
      clock: { seconds: now },
    })
    const octets = this.#flipped(labelOf(name, type), flip)
    const message = signedOctets(octets)
    if (typeof message === 'number') return null
    return { octets, verdict: await new Validator({ chain, verifier }).validate(message) }
  }

  /** What must hold of a verdict, whatever was turned over. */
  assertTrue(octets: Uint8Array, { security, ttls, fault }: Verdict, where: string): void {
    const message = decodeMessage(octets)
    if (typeof message === 'string') assert.fail(message)
    if (security === Security.Bogus) {
      assert.ok(fault !== null, where)
      return
    }
    if (message.questions[0]!.class !== 1 || ![0, 3, 6].includes(message.rcode)) return
    if (message.questions[0]!.type === RecordType.RRSIG) return
    const lie = ttls === null ? this.#truth.downgrade(message) : this.#truth.lie(message, ttls)
    assert.equal(lie, null, where)
  }

  #of(question: string): Buffer {
    const known = this.#octets.get(question)
    if (known !== undefined) return known
    const [owner, type] = question.split(' ') as [string, string]
    const name = nameOf(owner)
    const { rcode, answer, authority } = this.#world.answer(name, typeOf(type))
    const parts = { rcode, answers: answer, authorities: authority }
    const octets = Buffer.from(encodeMessage(messageOf(name, typeOf(type), parts)))
    this.#octets.set(question, octets)
    return octets
  }

  #flipped(question: string, flip: Flip | null): Buffer {
    const octets = Buffer.from(this.#of(question))
    if (flip !== null && flip.question === question) {
      octets[(flip.bit >> 3) % octets.length]! ^= 1 << (flip.bit & 7)
    }
    return octets
  }
}

function labelOf(name: Name, type: number): string {
  return `${nameText(name)} ${formatType(type)}`
}

function typeOf(text: string): number {
  return RecordType[text as keyof typeof RecordType]
}

const VALIDITY = { inception: NOW - 86_400, expiration: NOW + 7 * 86_400 }

const keys = new Map<string, SigningKey>()

/** Made once for each algorithm and zone: what differs between worlds is what they sign. */
function keyOf(algorithm: number, apex: string): SigningKey {
  const known = keys.get(`${algorithm} ${apex}`)
  if (known !== undefined) return known
  const made = new SigningKey({ algorithm, flags: KeyFlag.Zone | KeyFlag.EntryPoint, bits: 1_024 })
  keys.set(`${algorithm} ${apex}`, made)
  return made
}

interface Plan {
  readonly algorithm: number
  readonly nsec3: Nsec3Options | undefined
  /** Records of host.example.; those of names in it that are delegated are unsigned. */
  readonly text: string
}

function makeWorld({ algorithm, nsec3, text }: Plan): FlippedWorld {
  const zone = (apex: string, body: string, children: readonly SignedZone[], isSigned = true) => {
    const head = `$TTL 600\n@ SOA ns.invalid. h.invalid. 1 2 3 4 300\n@ NS ns.invalid.\n`
    const { records, errors } = parseZone(head + body, { origin: parseName(apex) as Uint8Array })
    assert.deepEqual(errors, [])
    return new SignedZone({
      records: [...records, ...children.flatMap((child) => child.ds())],
      keys: isSigned ? [keyOf(algorithm, apex)] : [],
      ...VALIDITY,
      ...(nsec3 && isSigned && { nsec3 }),
    })
  }
  const host = zone('host.example.', text, [])
  const plain = zone('plain.example.', 'www A 192.0.2.7\n', [], false)
  const example = zone('example.', 'host NS ns.invalid.\nplain NS ns.invalid.\n', [host])
  const root = zone('.', 'example NS ns.invalid.\n', [example])
  return new FlippedWorld([root, example, host, plain], nsec3?.optOut === true)
}

const HASHED: Nsec3Options = { iterations: 1, salt: Buffer.from('ab', 'hex'), optOut: false }

describe('a bit turned over in any octet of a chain', () => {
  const text = 'www A 192.0.2.1\n*.wild TXT "*"\na.b TXT "below"\n'
  const denials = [
    ['nope.host.example.', A, Security.Secure],
    ['any.wild.host.example.', TXT, Security.Secure],
    ['www.plain.example.', A, Security.Insecure],
    ['plain.example.', DS, Security.Secure],
  ] as const
  const all = [
    ...denials,
    ['www.host.example.', A, Security.Secure],
    ['host.example.', DNSKEY, Security.Secure],
  ] as const
  for (const [kind, nsec3, questions] of [
    ['NSEC', undefined, all],
    ['NSEC3', HASHED, denials],
  ] as const) {
    const world = makeWorld({ algorithm: 15, nsec3, text })
    for (const [owner, type, security] of questions) {
      it(`shows: ${owner} ${formatType(type)}, ${kind}`, async () => {
        const name = nameOf(owner)
        const honest = await world.judge(name, type, null)
        assert.equal(honest!.verdict.security, security, honest!.verdict.fault?.text)
        let bogus = 0
        for (const [question, length] of await world.needed(name, type)) {
          for (let octet = 0; octet < length; octet++) {
            const flip = { question, bit: octet * 8 + (octet % 8) }
            const judged = await world.judge(name, type, flip)
            if (judged === null) continue
            const { octets, verdict } = judged
            const where = `${question}, octet ${octet}: ${verdict.fault?.text}`
            world.assertTrue(octets, verdict, where)
            if (verdict.security === Security.Bogus) bogus++
            else if (question !== labelOf(name, type)) {
              assert.equal(verdict.security, security, where)
            }
          }
        }
        // Signatures alone are more than that.
        assert.ok(bogus > 300, `${bogus}`)
      })
    }
  }
})

describe('a bit turned over in a random world', () => {
  const label = fc.constantFrom('a', 'b', '*', 'z', 'ab')
  const relative = fc.array(label, { maxLength: 3 })
  const content = fc.constantFrom(
    'A 192.0.2.1',
    'TXT "text"',
    'CNAME a',
    'MX 1 a',
    'NS ns.invalid.',
  )
  const owners = relative.filter((labels) => labels.length > 0).map((labels) => labels.join('.'))
  const text = fc
    .uniqueArray(fc.tuple(owners, content), { selector: ([owner]) => owner, maxLength: 6 })
    .map((entries) =>
      entries
        .filter(([owner, record]) => !(owner.startsWith('*') && record.startsWith('NS')))
        .map((entry) => `${entry.join(' ')}\n`)
        .join(''),
    )
  const plan = fc.record({
    algorithm: fc.constantFrom(5, 7, 8, 10, 13, 14, 15, 16),
    nsec3: fc.constantFrom(undefined, HASHED, { ...HASHED, optOut: true }),
    text,
  })
  const question = fc.record({
    name: relative.map((labels) => nameOf([...labels, 'host', 'example', ''].join('.'))),
    type: fc.constantFrom(A, TXT, MX, DS, DNSKEY, RecordType.CNAME, RecordType.ANY),
  })

  it('makes nothing false secure, and nothing signed unsigned', async () => {
    await fc.assert(
      fc.asyncProperty(
        plan,
        question,
        fc.array(fc.tuple(fc.nat(), fc.nat(100_000)), { minLength: 4, maxLength: 12 }),
        async (made, { name, type }, flips) => {
          const world = makeWorld(made)
          const honest = await world.judge(name, type, null)
          // A delegation to nowhere, or an alias to it.
          fc.pre(honest !== null && honest.verdict.security !== Security.Indeterminate)
          fc.pre(!/too many aliases/.test(honest.verdict.fault?.text ?? ''))
          assert.notEqual(honest.verdict.security, Security.Bogus, honest.verdict.fault?.text)
          const needed = [...(await world.needed(name, type)).keys()]
          for (const [which, bit] of flips) {
            const at = needed[which % needed.length]!
            const judged = await world.judge(name, type, { question: at, bit })
            if (judged === null) continue
            const { octets, verdict } = judged
            world.assertTrue(octets, verdict, `${at}, bit ${bit}`)
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})
