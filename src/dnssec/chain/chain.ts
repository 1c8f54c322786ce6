// Chains of trust (RFC 4035 §5): from the closest trust anchor down, label by label, the parent says
// with DS which keys a zone has, or that no zone begins there. What was found out is kept by name, and
// one finds out for all who ask. A chain that is known is looked up once, without a promise.

import type { TrustAnchors } from '../anchors/trust-anchors.ts'
import { Budget, type WorkLimits, ZONE_WORK } from '../budget.ts'
import {
  ancestorWith,
  childTowards,
  countAllLabels,
  isAtOrBelow,
  type Name,
  parentOf,
  ROOT,
} from '../name.ts'
import type { Source } from '../source.ts'
import type { Verifier } from '../verifier.ts'
import { type ChainMetrics, noChainMetrics } from './metrics.ts'
import {
  EXEMPT,
  EXEMPT_FOR_NOW,
  INDETERMINATE,
  type InsecureTrust,
  mayHaveRolledOver,
  type SecureTrust,
  tooLong,
  type Trust,
} from './trust.ts'
import { ZoneProver } from './zone-prover.ts'
import { type ZoneNode, ZoneTable } from './zone-table.ts'

/**
 * Names whose state is kept: more zones than a busy resolver meets in the life of their keys. One takes
 * about 1 KiB.
 */
const MAX_NAMES = 8_192

/** Seconds for which one question may go on asking: longer than any client waits for its answer. */
const MAX_SECONDS = 10

/** Names below the last known one that are asked about at once: chains are seldom longer. */
const MAX_AHEAD = 6

/** Names that a question may have had proven before it asks for no more ahead: its answer leads far. */
const MAX_HASTE = 8

export interface ChainOptions {
  readonly source: Source
  readonly verifier: Verifier
  readonly anchors: TrustAnchors
  /** Seconds since 1970. */
  readonly now: () => number
  /** Dates what is kept: whole seconds that never go back. */
  readonly clock: { seconds(): number }
  /** For whatever all who ask share; each asker's own share is in the `Budget` given. */
  readonly work?: WorkLimits
  readonly maxNames?: number
  readonly metrics?: ChainMetrics
}

export class Chain {
  readonly #anchors: TrustAnchors
  readonly #now: () => number
  readonly #clock: { seconds(): number }
  readonly #work: WorkLimits
  readonly #table: ZoneTable
  readonly #prover: ZoneProver
  #flushes = 0

  constructor(options: ChainOptions) {
    const { source, verifier, anchors, now, clock, work = ZONE_WORK } = options
    const { maxNames = MAX_NAMES, metrics = noChainMetrics } = options
    this.#anchors = anchors
    this.#now = now
    this.#clock = clock
    this.#work = work
    this.#table = new ZoneTable(maxNames)
    this.#prover = new ZoneProver({ source, verifier, clock, work, metrics })
  }

  /** What a name is that counts as unsigned, whatever it holds (RFC 7646); null for all others. */
  exemption(name: Name): InsecureTrust | null {
    const until = this.#anchors.negativeUntil(name, this.#now())
    if (until === 0) return null
    return until === Infinity ? EXEMPT : EXEMPT_FOR_NOW
  }

  /**
   * Whether a zone can have a say about a name: only from the closest trust anchor above that down, where
   * its chain begins. Zones above an anchor may know nothing of the one below, or something else.
   */
  mayVouch(zone: Name, name: Name): boolean {
    const anchor = this.#anchors.closest(name)
    return anchor === null || anchor.zone === ROOT || isAtOrBelow(zone, anchor.zone)
  }

  /**
   * The state of the zone that a name lies in, for a name that a signature says to be a zone. It is one
   * only if `zone` of a secure answer is the same name.
   */
  trustOf(zone: Name, budget: Budget): Trust | Promise<Trust> {
    return this.#known(zone) ?? this.#descend(zone, budget, true)
  }

  /** The same for any name. */
  trustAround(name: Name, budget: Budget): Trust | Promise<Trust> {
    return this.#known(name) ?? this.#descend(name, budget, false)
  }

  /**
   * The zone's keys as they are now, when those at hand do not fit: they may have rolled over
   * (RFC 6781 §4.1). They are asked for once in a while, however often they do not fit.
   * @returns null when they are as new as can be
   */
  renewed(stale: SecureTrust, budget: Budget): Trust | Promise<Trust> | null {
    const node = this.#table.get(stale.zone)
    if (node === undefined || node.trust === null) return null
    if (node.trust !== stale) return node.trust
    const now = this.#clock.seconds()
    if (node.pending === null && now < node.refreshAt) return null
    if (!budget.take('questions', 2)) return null
    return this.#renewal(node, stale)
  }

  /** Forgets everything, if that number is another one than before. */
  forgetSince(flushes: number): void {
    if (flushes === this.#flushes) return
    this.#flushes = flushes
    this.#table.clear()
  }

  /** What can be said at once, null when something must be asked for. */
  #known(name: Name): Trust | null {
    const exempt = this.exemption(name)
    if (exempt !== null) return exempt
    const anchor = this.#anchors.closest(name)
    if (anchor === null) return INDETERMINATE
    const now = this.#clock.seconds()
    for (let at = name; ; at = parentOf(at)) {
      const node = this.#table.get(at)
      if (node?.isFresh(now) === true) {
        if (at !== name && !node.coversBelow) return null
        const trust = this.#trustIn(node, now)
        if (trust !== null) this.#use(node, now)
        return trust
      }
      if (at === anchor.zone) return null
    }
  }

  /**
   * What is known at a name that is known: where no zone begins, the keys that its zone has now, for those
   * of then may be over or revoked. Null when they are not known.
   */
  #trustIn(node: ZoneNode, now: number): Trust | null {
    const trust = node.trust!
    if (trust.security !== 'secure' || trust.zone === node.name) return trust
    const zone = this.#table.get(trust.zone)
    if (zone?.isFresh(now) !== true) return null
    this.#use(zone, now)
    return zone.trust
  }

  #use(node: ZoneNode, now: number): void {
    node.isUsed = true
    if (now < node.renewAt || node.pending !== null || node.isRenewing) return
    node.isRenewing = true
    const end = (): void => {
      node.isRenewing = false
    }
    // What came out of it is with the node. Of a fault hears who asks when what is known is over.
    this.#renewal(node, node.trust!).then(end, end)
  }

  async #renewal(node: ZoneNode, stale: Trust): Promise<Trust> {
    const { name } = node
    if (this.#isAnchor(name)) await this.#proveAnchor(node)
    else {
      this.#prover.askAhead(node, { ds: true, keys: stale.security === 'secure' })
      const budget = new Budget(this.#work)
      const parent = await this.trustAround(parentOf(name), budget)
      if (parent.security === 'secure') await this.#prover.prove(node, parent)
    }
    return node.trust ?? stale
  }

  async #descend(name: Name, budget: Budget, isZone: boolean): Promise<Trust> {
    const begun = this.#clock.seconds()
    let node = this.#start(name, begun)
    // Before anything else: a moment later it may be over, or have made room for others.
    let known = this.#knownAt(node, begun)
    if (node.name !== name && budget.spent('questions') < MAX_HASTE) {
      this.#askAhead(node, name, isZone)
    }
    let parent: SecureTrust | null = null
    for (;;) {
      if (known !== null) node.isUsed = true
      else if (!this.#hasTime(budget) || !(await this.#prove(node, parent, budget))) {
        return tooLong(name)
      }
      const trust: Trust = known ?? node.trust!
      if (trust.security !== 'secure' || node.name === name || node.isEmptyBelow) return trust
      parent = trust
      node = this.#table.at(childTowards(name, node.name))
      known = this.#knownAt(node, this.#clock.seconds())
    }
  }

  #knownAt(node: ZoneNode, now: number): Trust | null {
    return node.isFresh(now) ? this.#trustIn(node, now) : null
  }

  #hasTime(budget: Budget): boolean {
    const now = this.#clock.seconds()
    budget.endsAt ??= now + MAX_SECONDS
    return now < budget.endsAt
  }

  /** @param parent null for a trust anchor. @returns false when that takes too much work */
  async #prove(node: ZoneNode, parent: SecureTrust | null, budget: Budget): Promise<boolean> {
    if (!budget.take('questions')) return false
    if (parent === null) {
      await this.#proveAnchor(node)
      return true
    }
    if (!(await this.#proveFor(node, parent, budget))) return false
    const { trust } = node
    if (trust!.security === 'secure' && trust!.zone === node.name) return budget.take('questions')
    if (trust!.security !== 'bogus' || !mayHaveRolledOver(trust!.fault)) return true
    const renewed = await this.renewed(parent, budget)
    if (renewed !== null && renewed !== parent && renewed.security === 'secure') {
      return await this.#proveFor(node, renewed, budget)
    }
    return true
  }

  /** Whoever is the first to ask pays for the work. */
  async #proveFor(node: ZoneNode, parent: SecureTrust, budget: Budget): Promise<boolean> {
    const isFirst = node.pending === null
    const used = await this.#prover.prove(node, parent)
    if (!isFirst) return true
    return (
      budget.take('chainSignatures', used.spent('signatures')) &&
      budget.take('chainHashes', used.spent('hashes'))
    )
  }

  #isAnchor(name: Name): boolean {
    return this.#anchors.closest(name)?.zone === name
  }

  /** Where the way down begins: the last name on it that is known, or the trust anchor. */
  #start(name: Name, now: number): ZoneNode {
    const top = this.#anchors.closest(name)!.zone
    for (let at = name; at !== top; at = parentOf(at)) {
      const node = this.#table.get(at)
      if (node !== undefined && this.#knownAt(node, now) !== null) return node
    }
    return this.#table.at(top)
  }

  #proveAnchor(node: ZoneNode): Promise<Budget> {
    return this.#prover.proveAnchor(node, this.#anchors.closest(node.name)!)
  }

  /**
   * Asks at once for what will be asked for on the way down: for delegations at each name, and for the
   * keys of those that are zones for sure or very likely. Of names that nobody calls a zone only the
   * first ones are: most of these are a delegation that is not signed, or the last.
   */
  #askAhead(from: ZoneNode, name: Name, isZone: boolean): void {
    if (from.trust !== null && from.trust.security !== 'secure') return
    const known = countAllLabels(from.name)
    const labels = countAllLabels(name)
    const last = Math.min(isZone ? labels : Math.max(known + 1, 2), known + MAX_AHEAD, labels)
    const now = this.#clock.seconds()
    if (!from.isFresh(now)) this.#prover.askAhead(from, { ds: false, keys: true })
    for (let count = known + 1; count <= last; count++) {
      const node = this.#table.at(ancestorWith(count, name))
      if (node.isFresh(now)) continue
      const keys = isZone ? count === labels || count <= 2 : count === 1
      this.#prover.askAhead(node, { ds: true, keys })
    }
  }
}
