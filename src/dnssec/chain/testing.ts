// A small world of signed zones with a clock, for tests of chains and answers.

import assert from 'node:assert/strict'

import { AnswerFault, AnswerScan } from '../../wire/answer-scan.ts'
import { encodeMessage } from '../../wire/codec/message-encode.ts'
import { Flag } from '../../wire/header.ts'
import { parseName } from '../../wire/text/name-text.ts'
import { formatType } from '../../wire/text/type-text.ts'
import { parseZone } from '../../wire/text/zone-text.ts'
import { type NegativeAnchor, TrustAnchors } from '../anchors/trust-anchors.ts'
import { readDelegationSigner } from '../ds.ts'
import { type Name, nameOctets, nameText, readName, ROOT } from '../name.ts'
import type { SignedMessage } from '../rrset.ts'
import { readSigned } from '../signed-message.ts'
import { SignedWorld } from '../signer/signed-world.ts'
import { SignedZone } from '../signer/signed-zone.ts'
import { SigningKey } from '../signer/signing-key.ts'
import type { Source, SourceAnswer } from '../source.ts'
import { Validator } from '../validator.ts'
import { DEFAULT_VERIFIER_LIMITS, Verifier } from '../verifier.ts'
import { Chain } from './chain.ts'

export function name(text: string): Name {
  return readName(parseName(text) as Uint8Array, 0, 0)
}

export const START = 1_800_000_000

/** The zones ".", "example." and "org.", of which example. has a signed and an unsigned child. */
export class ChainWorld {
  now = START
  /** What was asked for, such as "example. DS". */
  asked: string[] = []
  /** Instead of an honest answer, for the upstream that is asked. */
  tamper: (question: string, avoid: readonly string[]) => SourceAnswer | null = () => null
  readonly keys = new Map<string, SigningKey>()
  readonly chain: Chain
  readonly validator: Validator
  #world: SignedWorld

  constructor(
    negative: readonly NegativeAnchor[] = [],
    maxNames = 100,
    limits = DEFAULT_VERIFIER_LIMITS,
  ) {
    this.#world = this.#zones()
    const now = (): number => this.now
    const verifier = new Verifier({ now, policy: { acceptSha1: false }, limits })
    const ds = [readDelegationSigner(this.key('.').ds(ROOT))]
    const anchors = new TrustAnchors({ anchors: [{ zone: ROOT, ds, keys: [] }], negative })
    const clock = { seconds: now }
    this.chain = new Chain({ source: this.#source(), verifier, anchors, now, clock, maxNames })
    this.validator = new Validator({ chain: this.chain, verifier })
  }

  key(zone: string): SigningKey {
    const key = this.keys.get(zone) ?? new SigningKey({ algorithm: 15 })
    this.keys.set(zone, key)
    return key
  }

  /** Signs all zones anew, the given one with another key. */
  rollOver(zone: string): void {
    this.keys.delete(zone)
    this.#world = this.#zones()
  }

  answer(text: string): SignedMessage {
    const [owner, type] = text.split(' ') as [string, string]
    return this.#message(name(owner), Number(type))
  }

  #source(): Source {
    return {
      ask: async (owner, type, avoid) => {
        const question = `${nameText(owner)} ${formatType(type)}`
        this.asked.push(question)
        await Promise.resolve()
        const upstream = avoid.includes('first') ? 'second' : 'first'
        return this.tamper(question, avoid) ?? { message: this.#message(owner, type), upstream }
      },
    }
  }

  #message(owner: Name, type: number): SignedMessage {
    const { rcode, answer, authority } = this.#world.answer(owner, type)
    const bytes = encodeMessage({
      id: 0,
      flags: Flag.QR,
      opcode: 0,
      rcode,
      questions: [{ name: nameOctets(owner), type, class: 1 }],
      answers: answer,
      authorities: authority,
      additionals: [],
      edns: null,
    })
    const scan = new AnswerScan()
    assert.equal(scan.scan(bytes, 0, bytes.length), AnswerFault.None)
    return readSigned(scan)
  }

  #zones(): SignedWorld {
    const sub = this.#zone('sub.example.', 'www A 192.0.2.3')
    const unsigned = this.#zone('unsigned.example.', 'www A 192.0.2.4', false)
    // 197 octets, so that no more than 58 can be before it.
    const long = `${`${'a'.repeat(63)}.`.repeat(3)}org.`
    const cut = `sub NS ns.invalid.\nunsigned NS ns.invalid.\nwww A 192.0.2.1\na.b.c TXT x\n*.w A 192.0.2.2\nlong DNAME ${long}`
    const example = this.#zone('example.', cut, true, [sub])
    const org = this.#zone('org.', 'www CNAME www.sub.example.')
    const root = this.#zone('.', 'example NS ns.invalid.\norg NS ns.invalid.', true, [example, org])
    return new SignedWorld([root, example, org, sub, unsigned])
  }

  #zone(apex: string, text: string, isSigned = true, children: SignedZone[] = []): SignedZone {
    const head = `$ORIGIN ${apex}\n$TTL 600\n@ SOA ns.invalid. h.invalid. 1 2 3 4 300\n@ NS ns.invalid.\n`
    const { records, errors } = parseZone(`${head}${text}\n`)
    assert.deepEqual(errors, [])
    return new SignedZone({
      records: [...records, ...children.flatMap((child) => child.ds())],
      keys: isSigned ? [this.key(apex)] : [],
      inception: START - 3_600,
      expiration: START + 864_000,
    })
  }
}
