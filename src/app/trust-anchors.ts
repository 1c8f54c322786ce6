// Trust anchors over the program's life (RFC 5011): the main thread has a worker ask for the keys of
// each zone that has some, sees which of them come and go, keeps that in a file, and tells when others
// are to be trusted. It looks at the system's clock by the way.

import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import { clockFault } from '../dnssec/anchors/clock-check.ts'
import { observe, refreshAfter, retryAfter, type SetTimes } from '../dnssec/anchors/roll-over.ts'
import { dnskeySet, sightingOf } from '../dnssec/anchors/sighting.ts'
import type { ZoneAnchors } from '../dnssec/anchors/trust-anchors.ts'
import { TrustPoint } from '../dnssec/anchors/trust-point.ts'
import { type Name, nameText } from '../dnssec/name.ts'
import type { Rrset } from '../dnssec/rrset.ts'
import type { SourceAnswer } from '../dnssec/source.ts'
import type { Logger } from '../observe/log.ts'
import type { Clock } from '../upstream/clock.ts'
import { AnchorFile } from './anchor-file.ts'
import { reportChange } from './anchor-report.ts'
import { ClockJumps } from './clock-jumps.ts'

const SECOND = 1_000

/** Milliseconds between the questions for two zones that are asked for at one time. */
const STAGGER = 100

/** Milliseconds between two complaints about the clock. */
const COMPLAINT_INTERVAL = 3_600_000

export interface TrustAnchorKeeperOptions {
  readonly log: Logger
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Asks upstreams for the keys of a zone. */
  readonly ask: (zone: Name) => Promise<SourceAnswer>
  /** Others are to be trusted than the plan in force says. */
  readonly onChange: () => void
}

type Settings = Pick<Config['dnssec'], 'mode' | 'followRollOvers' | 'anchorState' | 'acceptSha1'>

/** What a plan is to be made with; nothing has changed yet. */
export interface PreparedAnchors {
  readonly anchors: readonly ZoneAnchors[]
  readonly settings: Settings
  readonly file: AnchorFile | null
  readonly points: readonly TrustPoint[]
}

interface Watched {
  point: TrustPoint
  /** Of the last valid set. */
  times: SetTimes | null
  timer: unknown
  /** Whether the last set was signed by nobody who is trusted. */
  isUnproven: boolean
}

export class TrustAnchorKeeper {
  readonly #options: TrustAnchorKeeperOptions
  readonly #watched = new Map<Name, Watched>()
  #settings: Settings | null = null
  #file: AnchorFile | null = null
  readonly #jumps: ClockJumps
  #isClockWrong = false
  #complainedAt = 0

  constructor(options: TrustAnchorKeeperOptions) {
    const { clock, now } = options
    this.#options = options
    this.#jumps = new ClockJumps({ clock, now, onJump: () => this.#lookAgain() })
  }

  /** @param configured one for each zone */
  prepare(settings: Settings, configured: readonly ZoneAnchors[]): PreparedAnchors {
    const { mode, followRollOvers, anchorState: path } = settings
    const isFollowed = mode === 'validate' && followRollOvers
    const isNew = isFollowed && path !== null && path !== this.#file?.path
    const file = isNew ? new AnchorFile({ path, log: this.#options.log }) : this.#file
    const read = isNew ? file!.read() : null
    const points = configured.map((one) => {
      if (!isFollowed) return new TrustPoint(one)
      const known = read?.get(one.zone) ?? this.#watched.get(one.zone)?.point.keys
      return new TrustPoint(one, known).under(one)
    })
    const anchors = points.flatMap((point) => point.anchors() ?? [])
    return { anchors, settings, points, file: isFollowed && path !== null ? file : null }
  }

  /** The plan that was made with these is in force. */
  follow({ settings, file, points }: PreparedAnchors): void {
    const { clock, log } = this.#options
    // Keys may have been looked at since these were prepared.
    const isNew = file !== this.#file || !settings.followRollOvers
    this.#settings = settings
    this.#file = file
    const wanted = settings.mode === 'validate' ? points : []
    const zones = new Set(wanted.map(({ zone }) => zone))
    for (const [zone, { timer }] of this.#watched) {
      if (zones.has(zone)) continue
      clock.stopTimer(timer)
      this.#watched.delete(zone)
    }
    let delay = 0
    for (const point of wanted) {
      const watched = this.#watched.get(point.zone)
      if (watched !== undefined)
        watched.point = isNew ? point : watched.point.under(point.configured)
      else {
        this.#watch(point, delay)
        delay += STAGGER
      }
      if (point.anchors() === null) log.error(ALL_REVOKED, { zone: nameText(point.zone) })
    }
    if (wanted.length === 0) this.#jumps.stop()
    else this.#jumps.start()
    void this.#save()
  }

  /** The system's clock seems wrong: that is said now and then. @param text for people */
  onClockDoubt(text: string): void {
    const { log, clock } = this.#options
    const now = clock.now()
    if (this.#isClockWrong && now - this.#complainedAt < COMPLAINT_INTERVAL) return
    this.#isClockWrong = true
    this.#complainedAt = now
    log.error(text)
  }

  /** Asks nothing more, and has written all that was learnt when it is done. */
  async stop(): Promise<void> {
    this.#jumps.stop()
    for (const { timer } of this.#watched.values()) this.#options.clock.stopTimer(timer)
    const saved = this.#save()
    this.#watched.clear()
    await saved
  }

  #watch(point: TrustPoint, delay: number): void {
    const watched: Watched = { point, times: null, timer: null, isUnproven: false }
    this.#watched.set(point.zone, watched)
    this.#schedule(watched, delay)
  }

  #schedule(watched: Watched, delay: number): void {
    const { clock } = this.#options
    clock.stopTimer(watched.timer)
    watched.timer = clock.startTimer(() => void this.#ask(watched), delay)
  }

  /** Signatures may hold now that did not before, and the other way round. */
  #lookAgain(): void {
    let delay = 0
    for (const watched of this.#watched.values()) {
      this.#schedule(watched, delay)
      delay += STAGGER
    }
  }

  async #ask(watched: Watched): Promise<void> {
    const { zone } = watched.point
    const answer = await this.#options.ask(zone).catch(failed)
    if (this.#watched.get(zone) !== watched) return
    const set = 'message' in answer ? dnskeySet(answer.message, zone) : null
    const times = set === null ? null : this.#look(watched, set)
    const seconds = times === null ? retryAfter(watched.times) : refreshAfter(times)
    this.#schedule(watched, seconds * SECOND)
    if (set !== null) return
    const { log } = this.#options
    const error = 'failure' in answer ? answer.failure : `${answer.upstream} knows of none`
    log.info('the keys of a zone with trust anchors cannot be looked at', {
      zone: nameText(zone),
      error,
    })
  }

  /** @returns of the set, when keys that are trusted have signed it */
  #look(watched: Watched, set: Rrset): SetTimes | null {
    const { log } = this.#options
    const { followRollOvers, acceptSha1 } = this.#settings!
    const now = Math.floor(this.#options.now() / SECOND)
    const before = watched.point
    const { point, changes, times } = observe(before, sightingOf(set, now, { acceptSha1 }), now)
    if (times === null) this.#doubt(watched, set, now)
    else this.#settle(watched, times)
    if (!followRollOvers) return times
    watched.point = point
    for (const change of changes) reportChange(log, point.zone, change)
    void this.#save()
    if (!isDeepStrictEqual(point.anchors(), before.anchors())) this.#options.onChange()
    return times
  }

  #settle(watched: Watched, times: SetTimes): void {
    const { log } = this.#options
    const zone = nameText(watched.point.zone)
    if (watched.isUnproven) log.info('a trust anchor has signed the keys of its zone', { zone })
    watched.isUnproven = false
    if (this.#isClockWrong) log.info('the system clock agrees with signatures again')
    this.#isClockWrong = false
    watched.times = times
  }

  #doubt(watched: Watched, set: Rrset, now: number): void {
    const { log } = this.#options
    const fault = clockFault(watched.point, set, now)
    if (fault === null) {
      if (!watched.isUnproven) log.error(UNPROVEN, { zone: nameText(watched.point.zone) })
      watched.isUnproven = true
      return
    }
    this.onClockDoubt(fault)
  }

  async #save(): Promise<void> {
    const state = [...this.#watched].map(([zone, { point }]) => [zone, point.keys] as const)
    await this.#file?.write(new Map(state))
  }
}

function failed(error: unknown): SourceAnswer {
  return { failure: (error as Error).message }
}

const ALL_REVOKED =
  'all trust anchors of a zone were revoked: nothing below it is validated until others are given'

const UNPROVEN =
  'no trust anchor has signed the keys of its zone: what lies below is bogus, or was tampered with on the way'
