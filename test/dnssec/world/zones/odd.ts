// Zones that look wrong and are right.

import { DAY } from '../signature-maker.ts'
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
}

export const ODD_ZONES: readonly ZoneSpec[] = Object.entries(ODDITIES).map(
  ([label, { ask, rcode, because, ...sketch }]) => {
    const name = `${label}.odd.example.`
    const [owner, type] = ask.split(' ') as [string, string]
    const asked = secure(`${owner}.${name}`, type, { because, ...(rcode ? { rcode } : {}) })
    return makeZone({ keys: singleKey(), ...sketch, name, probes: [asked] })
  },
)
