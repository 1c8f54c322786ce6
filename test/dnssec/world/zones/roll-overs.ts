// Every phase of the roll-overs of RFC 6781 §4.1. All of them are sound: nobody may notice.

import type { KeySpec, ZoneSpec } from '../zone-spec.ts'
import type { ZoneEditor } from '../zone-editor.ts'
import type { ZoneKey } from '../zone-key.ts'
import { makeZone, soundProbes, type ZoneSketch } from './make-zone.ts'

const ZONE_KEY = 256
const ENTRY_POINT = 257

function key(id: string, flags: 256 | 257, more: Partial<KeySpec> = {}): KeySpec {
  return { id, flags, algorithm: 13, ...more }
}

const ksk = key('ksk', ENTRY_POINT)
const newKsk = key('new-ksk', ENTRY_POINT)
const zsk = key('zsk', ZONE_KEY)
const newZsk = key('new-zsk', ZONE_KEY)
const silent = { signs: false } as const

/** Phases, each with its section. */
const PHASES: Readonly<Record<string, Omit<ZoneSketch, 'name'>>> = {
  // §4.1.1.1
  'zsk-pre-publish-new-dnskey': { signer: 'bind', keys: [ksk, zsk, { ...newZsk, ...silent }] },
  'zsk-pre-publish-new-rrsigs': { signer: 'bind', keys: [ksk, { ...zsk, ...silent }, newZsk] },
  'zsk-pre-publish-removal': { signer: 'bind', keys: [ksk, newZsk] },
  'zsk-pre-publish-half-way': {
    signer: 'bind',
    keys: [ksk, { ...zsk, ...silent }, newZsk],
    tamper: (zone, keys) => {
      zone.resign('www', 'A', [keys('zsk')])
      zone.resign('d.c.b.a', 'NSEC', [keys('zsk')])
    },
  },
  // §4.1.1.2
  'zsk-double-signature': { signer: 'bind', keys: [ksk, zsk, newZsk] },
  // §4.1.2: double signature; then the DS of the new one alone
  'ksk-double-signature': { signer: 'bind', keys: [ksk, newKsk, zsk], ds: (k) => [k('ksk').ds()] },
  'ksk-double-signature-ds-change': {
    signer: 'bind',
    keys: [ksk, newKsk, zsk],
    ds: (k) => [k('new-ksk').ds()],
  },
  // RFC 7583 §3.3.2: double DS
  'ksk-double-ds-first': {
    keys: [ksk, { ...newKsk, ...silent }, zsk],
    ds: (k) => [k('ksk').ds(), k('new-ksk').ds()],
    tamper: (zone, keys) => removeKeys(zone, [keys('new-ksk')], [keys('ksk')]),
  },
  'ksk-double-ds-second': {
    keys: [{ ...ksk, ...silent }, newKsk, zsk],
    ds: (k) => [k('ksk').ds(), k('new-ksk').ds()],
    tamper: (zone, keys) => removeKeys(zone, [keys('ksk')], [keys('new-ksk')]),
  },
  // RFC 7583 §3.3.3: double RRset
  'ksk-double-rrset': {
    signer: 'knot',
    keys: [ksk, newKsk, zsk],
    ds: (k) => [k('ksk').ds(), k('new-ksk').ds()],
  },
  // §4.1.3: a single type of key
  'single-type-new-dnskey': {
    keys: [ksk, { ...newKsk, ...silent }],
    ds: (k) => [k('ksk').ds()],
  },
  'single-type-double': { signer: 'bind', keys: [ksk, newKsk], ds: (k) => [k('ksk').ds()] },
  'single-type-double-ds-change': {
    signer: 'bind',
    keys: [ksk, newKsk],
    ds: (k) => [k('new-ksk').ds()],
  },
  // §4.1.4: the algorithm, the conservative way
  'algorithm-new-rrsigs': {
    signer: 'bind',
    keys: bothAlgorithms(),
    ds: (k) => [k('ksk').ds()],
    tamper: (zone, keys) => removeKeys(zone, [keys('new-ksk'), keys('new-zsk')], [keys('ksk')]),
  },
  'algorithm-new-dnskey': { signer: 'bind', keys: bothAlgorithms(), ds: (k) => [k('ksk').ds()] },
  'algorithm-both-ds': {
    signer: 'bind',
    keys: bothAlgorithms(),
    ds: (k) => [k('ksk').ds(), k('new-ksk').ds()],
  },
  'algorithm-new-ds': { signer: 'bind', keys: bothAlgorithms(), ds: (k) => [k('new-ksk').ds()] },
  'algorithm-dnskey-removal': {
    signer: 'bind',
    keys: bothAlgorithms(),
    ds: (k) => [k('new-ksk').ds()],
    tamper: (zone, keys) => removeKeys(zone, [keys('ksk'), keys('zsk')], [keys('new-ksk')]),
  },
  'algorithm-done': {
    signer: 'bind',
    keys: [
      key('new-ksk', ENTRY_POINT, { algorithm: 15 }),
      key('new-zsk', ZONE_KEY, { algorithm: 15 }),
    ],
  },
  // RFC 5011 §2.1: the old key is published once more, revoked, and nobody's DS record names it
  'revoked-beside': {
    keys: [ksk, newKsk, zsk],
    ds: (k) => [k('new-ksk').ds()],
    tamper(zone, keys) {
      const rdata = keys('ksk').rdata
      zone.change('@', 'DNSKEY', (fields) =>
        Buffer.from(fields.key).equals(rdata.subarray(4))
          ? { ...fields, flags: fields.flags | 0x80 }
          : fields,
      )
      zone.resign('@', 'DNSKEY', [keys('new-ksk')])
    },
  },
  // §4.2.1: a DS record is there before its key
  'stand-by-ds': { keys: [ksk, zsk], ds: (k) => [k('ksk').ds(), { ...k('ksk').ds(), keyTag: 1 }] },
}

function bothAlgorithms(): KeySpec[] {
  const next = { algorithm: 15 } as const
  return [ksk, zsk, key('new-ksk', ENTRY_POINT, next), key('new-zsk', ZONE_KEY, next)]
}

/** Takes keys out of the DNSKEY set, and has what is left signed by others. */
function removeKeys(zone: ZoneEditor, gone: readonly ZoneKey[], signers: readonly ZoneKey[]): void {
  const datas = gone.map(({ rdata }) => Buffer.from(rdata).toString('hex'))
  zone.remove('@', 'DNSKEY', (rdata) => datas.includes(Buffer.from(rdata).toString('hex')))
  zone.resign('@', 'DNSKEY', signers)
}

export const ROLL_OVER_ZONES: readonly ZoneSpec[] = Object.entries(PHASES).map(
  ([phase, sketch]) => {
    const name = `${phase}.rolling.example.`
    return makeZone({ ...sketch, name, probes: soundProbes(name) })
  },
)
