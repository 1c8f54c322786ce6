import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { anchorsOf, DAY, entryKey, revoked, zoneKey } from '../dnssec/anchors/testing.ts'
import type { ZoneAnchors } from '../dnssec/anchors/trust-anchors.ts'
import { type Name, ROOT } from '../dnssec/name.ts'
import type { SignedMessage } from '../dnssec/rrset.ts'
import { readSigned } from '../dnssec/signed-message.ts'
import { SignedZone } from '../dnssec/signer/signed-zone.ts'
import type { SigningKey } from '../dnssec/signer/signing-key.ts'
import type { SourceAnswer } from '../dnssec/source.ts'
import { createLogger } from '../observe/log.ts'
import { AnswerScan } from '../wire/answer-scan.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { Flag } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import { parseZone } from '../wire/text/zone-text.ts'
import { TrustAnchorKeeper } from './trust-anchors.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const SECOND = 1_000
const HOUR = 3_600

const folder = mkdtempSync(join(tmpdir(), 'dotward-anchors-'))
after(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'anchors')
beforeEach(() => rmSync(path, { force: true }))

interface Signing {
  readonly inception: number
  readonly expiration: number
}

function answerOf(keys: readonly SigningKey[], signing: Signing): SignedMessage {
  const text = '. 172800 SOA . . 1 1 1 1 172800'
  const zone = new SignedZone({ records: parseZone(text).records, keys, ...signing })
  const { answer } = zone.answer(ROOT, RecordType.DNSKEY)
  const bytes = encodeMessage({
    id: 0,
    flags: Flag.QR,
    opcode: 0,
    rcode: 0,
    questions: [{ name: new Uint8Array(1), type: RecordType.DNSKEY, class: 1 }],
    answers: answer,
    authorities: [],
    additionals: [],
    edns: null,
  })
  const scan = new AnswerScan()
  scan.scan(bytes, 0, bytes.length)
  return readSigned(scan)
}

/** The root, a proxy that watches its keys, and time. */
class Rig {
  readonly clock = new FakeClock()
  readonly log: string[] = []
  readonly keeper: TrustAnchorKeeper
  keys: readonly SigningKey[]
  /** Of signatures, beside the time at which they are asked for, in seconds. */
  signing: Signing = { inception: -DAY, expiration: 20 * DAY }
  reachable = true
  trusted: readonly ZoneAnchors[] = []
  asked = 0
  changes = 0
  #configured: readonly ZoneAnchors[] = []
  #state: string | null
  skew = 0

  constructor(keys: readonly SigningKey[], state: string | null = path, now = START) {
    this.keys = keys
    this.#state = state
    this.skew = now - this.clock.now()
    this.keeper = new TrustAnchorKeeper({
      clock: this.clock,
      now: () => this.#now(),
      ask: (zone) => this.#answer(zone),
      onChange: () => {
        this.changes++
        this.follow(...this.#configured)
      },
      log: createLogger('info', ({ level, message, fields }) => {
        this.log.push(`${level} ${message} ${fields['key'] ?? fields['error'] ?? ''}`.trim())
      }),
    })
  }

  follow(...configured: readonly ZoneAnchors[]): void {
    this.#configured = configured
    const settings = {
      mode: 'validate',
      followRollOvers: true,
      anchorState: this.#state,
      acceptSha1: false,
    } as const
    const prepared = this.keeper.prepare(settings, configured)
    this.trusted = prepared.anchors
    this.keeper.follow(prepared)
  }

  async passDays(days: number): Promise<void> {
    this.clock.advance(0)
    await turn()
    for (let hour = 0; hour < days * 24; hour++) {
      this.clock.advance(HOUR * SECOND)
      await turn()
    }
  }

  #now(): number {
    return this.clock.now() + this.skew
  }

  async #answer(zone: Name): Promise<SourceAnswer> {
    assert.equal(zone, ROOT)
    this.asked++
    if (!this.reachable) return { failure: 'no upstream answers' }
    const now = Math.floor(this.#now() / SECOND)
    const { inception, expiration } = this.signing
    const signing = { inception: now + inception, expiration: now + expiration }
    return { message: answerOf(this.keys, signing), upstream: 'one' }
  }
}

function digests(anchors: readonly ZoneAnchors[]): number {
  return anchors.reduce((sum, { ds, keys }) => sum + ds.length + keys.length, 0)
}

describe('trust anchors over the life of the program (RFC 5011)', () => {
  const [first, second, third, zsk] = [entryKey(), entryKey(), entryKey(), zoneKey()]

  it('are asked for when a plan is in force, and in half of their TTL again', async () => {
    const rig = new Rig([first, zsk])
    rig.follow(anchorsOf(ROOT, first))
    await turn()
    await rig.passDays(1 / 24)
    assert.equal(rig.asked, 1)
    await rig.passDays(71 / 24)
    assert.equal(rig.asked, 4)
    assert.deepEqual(rig.log, [`info a trust anchor is among the keys of its zone ${first.tag}`])
    await rig.keeper.stop()
    assert.equal(rig.clock.timers, 0)
  })

  it('roll over to a new key, and the old one is not trusted when it was revoked', async () => {
    const rig = new Rig([first, zsk])
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(2)
    rig.keys = [first, second, zsk]
    await rig.passDays(30)
    assert.equal(rig.changes, 0)
    await rig.passDays(2)
    assert.equal(rig.changes, 1)
    assert.deepEqual(rig.trusted, [
      { zone: ROOT, ds: anchorsOf(ROOT, first).ds, keys: [second.rdata] },
    ])
    rig.keys = [revoked(first), second, zsk]
    await rig.passDays(2)
    assert.equal(rig.changes, 2)
    assert.deepEqual(rig.trusted, [{ zone: ROOT, ds: [], keys: [second.rdata] }])
    await rig.keeper.stop()
    assert.deepEqual(rig.log, [
      `info a trust anchor is among the keys of its zone ${first.tag}`,
      `info a new key of a zone with trust anchors: trusted when it is there for 30 days ${second.tag}`,
      `info a new key was there for 30 days: it is a trust anchor from now on ${second.tag}`,
      `warn a trust anchor was revoked by its owner: it is trusted no more ${first.tag}`,
    ])
  })

  it('are known after a restart, with those that wait', async () => {
    const before = new Rig([first, second, zsk])
    before.follow(anchorsOf(ROOT, first))
    await before.passDays(29)
    await before.keeper.stop()
    assert.match(readFileSync(path, 'utf8'), /^pending learnt .* held 2505600 of 2592000/m)
    const after29 = new Rig([first, second, zsk], path, START + 29 * DAY * SECOND)
    after29.follow(anchorsOf(ROOT, first))
    await after29.passDays(2)
    assert.equal(digests(after29.trusted), 2)
    await after29.keeper.stop()
    const later = new Rig([second, zsk], path, START + 40 * DAY * SECOND)
    later.follow(anchorsOf(ROOT, first))
    assert.equal(digests(later.trusted), 2)
    await later.passDays(1)
    assert.match(later.log.join('\n'), /gone without having been revoked/)
    await later.keeper.stop()
    assert.deepEqual(readdirSync(folder), ['anchors'])
  })

  it('are those configured when the file is damaged, which is kept to be looked at', async () => {
    const before = new Rig([first, second, zsk])
    before.follow(anchorsOf(ROOT, first))
    await before.passDays(40)
    await before.keeper.stop()
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.slice(0, -20))
    const rig = new Rig([first, second, zsk])
    rig.follow(anchorsOf(ROOT, first))
    assert.equal(digests(rig.trusted), 1)
    assert.match(rig.log[0]!, /^warn .* is refused: .* its checksum is wrong/)
    await rig.passDays(1)
    await rig.keeper.stop()
    assert.equal(readFileSync(`${path}.refused`, 'utf8'), text.slice(0, -20))
    assert.match(readFileSync(path, 'utf8'), /^pending learnt/m)
    rmSync(`${path}.refused`)
  })

  it('do not take the place of a file that is another program’s', async () => {
    writeFileSync(path, '. 86400 IN DNSKEY 257 3 8 AwEAAQ==\n')
    const rig = new Rig([first, zsk])
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(2)
    await rig.keeper.stop()
    assert.equal(readFileSync(path, 'utf8'), '. 86400 IN DNSKEY 257 3 8 AwEAAQ==\n')
    assert.equal(rig.log.filter((line) => line.includes('cannot be written')).length, 1)
  })

  it('are forgotten with what was learnt from them, when others are configured', async () => {
    const rig = new Rig([first, second, zsk])
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(40)
    assert.equal(digests(rig.trusted), 2)
    rig.follow(anchorsOf(ROOT, third))
    assert.deepEqual(rig.trusted, [anchorsOf(ROOT, third)])
    rig.keys = [third, zsk]
    await rig.passDays(2)
    assert.match(rig.log.at(-1)!, /is among the keys of its zone/)
    await rig.keeper.stop()
  })

  it('say when they were all revoked', async () => {
    const rig = new Rig([revoked(first), zsk], null)
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(1)
    assert.deepEqual(rig.trusted, [])
    assert.match(rig.log.join('\n'), /^error all trust anchors of a zone were revoked/m)
    await rig.keeper.stop()
  })

  it('are asked for again in an hour while upstreams do not answer', async () => {
    const rig = new Rig([first, zsk], null)
    rig.reachable = false
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(0.25)
    assert.equal(rig.asked, 7)
    rig.reachable = true
    await rig.passDays(2)
    assert.equal(rig.asked, 9)
    await rig.keeper.stop()
  })

  it('that sign nothing are told of once, and when they do again', async () => {
    const rig = new Rig([second, zsk], null)
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(1)
    rig.keys = [first, zsk]
    await rig.passDays(1)
    assert.deepEqual(rig.log.slice(0, 2), [
      'error no trust anchor has signed the keys of its zone: what lies below is bogus, or was tampered with on the way',
      'info a trust anchor has signed the keys of its zone',
    ])
    await rig.keeper.stop()
  })
})

describe('a system clock that is wrong', () => {
  const [first, zsk] = [entryKey(), zoneKey()]

  it('is named when all signatures of the root begin later, once an hour', async () => {
    const rig = new Rig([first, zsk], null)
    rig.signing = { inception: 100 * DAY, expiration: 120 * DAY }
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(0.125)
    await rig.keeper.stop()
    assert.equal(rig.log.length, 4)
    assert.equal(
      rig.log[0],
      'error the system clock seems to be behind: it says 2026-01-01T00:00:00Z, and all signatures over the keys of . begin later, the first at 2026-04-11T00:00:00Z',
    )
  })

  it('is named when they all have ended', async () => {
    const rig = new Rig([first, zsk], null)
    rig.signing = { inception: -40 * DAY, expiration: -20 * DAY }
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(1 / 24)
    await rig.keeper.stop()
    assert.match(
      rig.log[0]!,
      /^error the system clock seems to be ahead: .* the last at 2025-12-12T00:00:00Z$/,
    )
  })

  it('is looked at when it jumps, and all is well when it is right again', async () => {
    const rig = new Rig([first, zsk], null)
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(0.25)
    assert.equal(rig.asked, 1)
    rig.signing = { inception: -40 * DAY, expiration: -20 * DAY }
    rig.skew += 2 * HOUR * SECOND
    await rig.passDays(1 / 24)
    rig.signing = { inception: -DAY, expiration: 20 * DAY }
    rig.skew -= 2 * HOUR * SECOND
    await rig.passDays(1 / 24)
    assert.equal(rig.asked, 3)
    assert.match(rig.log[1]!, /^error the system clock seems to be ahead/)
    assert.equal(rig.log[2], 'info the system clock agrees with signatures again')
    await rig.keeper.stop()
  })

  it('is not blamed for what nobody trusted has signed', async () => {
    const rig = new Rig([entryKey(), zsk], null)
    rig.signing = { inception: 100 * DAY, expiration: 120 * DAY }
    rig.follow(anchorsOf(ROOT, first))
    await rig.passDays(1 / 24)
    await rig.keeper.stop()
    assert.match(rig.log.join(), /^error no trust anchor has signed/)
  })
})
