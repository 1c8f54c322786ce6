// Zones that look wrong and are right.

import { formatBase32Hex, parseBase32Hex } from '../../../../src/wire/text/octet-text.ts'
import { DAY } from '../signature-maker.ts'
import { wire, type ZoneEditor } from '../zone-editor.ts'
import type { ZoneKey } from '../zone-key.ts'
import type { ZoneSpec } from '../zone-spec.ts'
import { makeZone, NSEC3, secure, singleKey, type ZoneSketch } from './make-zone.ts'

const now = Math.floor(Date.now() / 1000)
const past = { inception: now - 30 * DAY, expiration: now - 10 * DAY }

interface Odd extends Omit<ZoneSketch, 'name' | 'probes'> {
  readonly ask: string
  readonly rcode?: 'NXDOMAIN'
  readonly because: string
}

const ODDITIES: Readonly<Record<string, Odd>> = {
  'expired-beside-good': {
    ask: 'www A',
    because: 'one signature that holds is enough (RFC 4035 §5.3.3)',
    tamper: (zone, keys) => zone.addSignature('www', 'A', keys('csk'), past),
  },
  'bad-beside-good': {
    ask: 'www A',
    because: 'one signature that holds is enough',
    tamper(zone, keys) {
      zone.addSignature('www', 'A', keys('csk'))
      zone.mangleLastSignature()
    },
  },
  'unknown-beside-good': {
    ask: 'www A',
    because: 'signatures of unknown keys and algorithms do not matter',
    tamper(zone, keys) {
      zone.addSignature('www', 'A', keys('csk'), { keyTag: 1 })
      zone.addSignature('www', 'A', keys('csk'), { algorithm: 200 })
    },
  },
  'raised-ttl': {
    ask: 'www A',
    because: 'a TTL above the original one is cut down, not bogus (RFC 4035 §5.3.3)',
    tamper: (zone) => zone.setTtl('www', 'A', 86_400),
  },
  'lowered-ttl': {
    ask: 'www A',
    because: 'a TTL below the original one is what caches make of it',
    tamper: (zone) => zone.setTtl('www', 'A', 60),
  },
  'short-lived': {
    ask: 'www A',
    because: 'a signature that ends soon holds until then',
    tamper: (zone, keys) => zone.resign('www', 'A', [keys('csk')], { expiration: now + 3600 }),
  },
  'many-keys': {
    keys: [
      ...singleKey(),
      ...Array.from({ length: 8 }, (_, index) => ({
        id: `spare-${index}`,
        flags: 256 as const,
        algorithm: 13,
        signs: false,
      })),
    ],
    ask: 'www A',
    because: 'keys that nobody uses do no harm',
  },
  'deep-name': {
    records: `${Array.from({ length: 20 }, (_, index) => `l${index}`).join('.')} TXT "deep"\n`,
    ask: 'l10.l11.l12.l13.l14.l15.l16.l17.l18.l19 A',
    because: 'an empty non-terminal far down',
  },
  'deep-hashed-name': {
    denial: NSEC3,
    records: `${Array.from({ length: 20 }, (_, index) => `l${index}`).join('.')} TXT "deep"\n`,
    ask: 'x.l10.l11.l12.l13.l14.l15.l16.l17.l18.l19 A',
    rcode: 'NXDOMAIN',
    because: 'a name that is not there, far down',
  },
  compact: {
    records: 'www A 192.0.2.10\n',
    ask: 'gone A',
    because: 'a name that is not there has an NSEC record that says so (RFC 9824 §3.1)',
    tamper(zone, keys) {
      endAtOnce(zone, keys('csk'))
      addNsec(zone, keys('csk'), 'gone', '\\000.gone', 'RRSIG NSEC TYPE128')
    },
  },
  'compact-type': {
    records: 'www A 192.0.2.10\n',
    ask: 'www TXT',
    because: 'the NSEC record of a name ends right behind it (RFC 9824 §3.2)',
    tamper: (zone, keys) => endAtOnce(zone, keys('csk')),
  },
  'white-lies': {
    records: 'www A 192.0.2.10\n',
    ask: 'none A',
    rcode: 'NXDOMAIN',
    because:
      'NSEC records that cover next to nothing, with owners that are not there (RFC 4470 §3)',
    tamper(zone, keys) {
      for (const owner of zone.owners('NSEC')) zone.drop(owner, 'NSEC')
      addNsec(zone, keys('csk'), 'nond~', 'none!', 'RRSIG NSEC')
      addNsec(zone, keys('csk'), '!', '+', 'RRSIG NSEC')
    },
  },
  'hashed-white-lies': {
    denial: NSEC3,
    records: 'www A 192.0.2.10\n',
    ask: 'none A',
    rcode: 'NXDOMAIN',
    because: 'NSEC3 records that cover one hash each (RFC 7129 appendix B)',
    tamper(zone, keys) {
      const apex = zone.nsec3Matching('@')
      for (const owner of zone.owners('NSEC3')) if (owner !== apex) zone.drop(owner, 'NSEC3')
      for (const owner of ['none', '*']) {
        const hash = zone.hash(owner)
        addNsec3(zone, keys('csk'), beside(hash, -1), beside(hash, 1))
      }
    },
  },
  'only-an-apex': {
    // NSD has what NS records name for names that are there.
    server: 'knot',
    records: '',
    ask: 'none A',
    rcode: 'NXDOMAIN',
    because: 'the one NSEC record of a zone leads from the apex to the apex (RFC 4034 §4.1.1)',
    // Without addresses of its server, which the recursor knows.
    tamper(zone, keys) {
      for (const owner of zone.owners('A')) zone.drop(owner, 'A')
      for (const owner of zone.owners('NSEC')) if (owner !== '@') zone.drop(owner, 'NSEC')
      zone.rewrite('@', 'NSEC', keys('csk'), (fields) => ({ ...fields, next: wire(zone.name) }))
    },
  },
}

/** Has all NSEC records cover nothing (RFC 9824 §3). */
function endAtOnce(zone: ZoneEditor, key: ZoneKey): void {
  for (const owner of zone.owners('NSEC')) {
    const next = wire(`\\000.${zone.absolute(owner)}`)
    zone.rewrite(owner, 'NSEC', key, (fields) => ({ ...fields, next }))
  }
}

function addNsec(zone: ZoneEditor, key: ZoneKey, owner: string, next: string, types: string): void {
  zone.add(`${owner}.${zone.name} 300 IN NSEC ${next}.${zone.name} ${types}`)
  zone.resign(owner, 'NSEC', [key])
}

function addNsec3(zone: ZoneEditor, key: ZoneKey, owner: string, next: string): void {
  zone.add(`${owner}.${zone.name} 300 IN NSEC3 1 0 0 - ${next} RRSIG`)
  zone.resign(owner, 'NSEC3', [key])
}

/** The hash so much above another one. */
function beside(hash: string, distance: number): string {
  const octets = Buffer.from(parseBase32Hex(hash)!)
  octets.writeUInt32BE((octets.readUInt32BE(16) + distance) >>> 0, 16)
  return formatBase32Hex(octets).toLowerCase()
}

export const ODD_ZONES: readonly ZoneSpec[] = Object.entries(ODDITIES).map(
  ([label, { ask, rcode, because, ...sketch }]) => {
    const name = `${label}.odd.example.`
    const [owner, type] = ask.split(' ') as [string, string]
    const asked = secure(`${owner}.${name}`, type, { because, ...(rcode ? { rcode } : {}) })
    return makeZone({ keys: singleKey(), ...sketch, name, probes: [asked] })
  },
)
