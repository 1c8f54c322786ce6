// What is done to the system while good clients keep asking.

import type { Attack } from './attackers.ts'

export interface Flood {
  /** Addresses that take turns, each in a /56 of its own. */
  readonly sources: number
  /** Names that are asked for in turn. */
  readonly names: number
}

export interface Scenario {
  readonly id: string
  /** Its row's head. */
  readonly name: string
  /** Datagrams at the full speed of a core. */
  readonly flood?: Flood
  readonly attack?: { readonly kind: Attack; readonly connections: number }
}

/** Cached beforehand: good clients ask for these, and floods that do not seek misses. */
export const NAMES = 1000

/** Seconds of good clients before the attack, and after it, while its connections go. */
export const BEFORE = 2
export const AFTER = 5

const connections = (kind: Attack, count: number, name: string): Scenario => ({
  id: kind,
  name: name.replace('#', count.toLocaleString('en')),
  attack: { kind, connections: count },
})

export const scenarios: readonly Scenario[] = [
  { id: 'none', name: 'nothing, for comparison' },
  { id: 'one', name: 'flood from one address', flood: { sources: 1, names: NAMES } },
  {
    id: 'spread',
    name: 'flood from 65,536 networks in turn',
    flood: { sources: 65_536, names: NAMES },
  },
  {
    id: 'spread-wide',
    name: 'flood from 8,388,608 networks in turn',
    flood: { sources: 8_388_608, names: NAMES },
  },
  {
    id: 'reflect',
    name: 'flood for one name from 256 networks',
    flood: { sources: 256, names: 1 },
  },
  connections('silent-tcp', 4000, '# TCP connections that say nothing'),
  connections('silent-tls', 4000, '# TLS handshakes that do not go on'),
  connections('drip', 4000, '# queries of an octet a second'),
  connections('announced', 4000, '# messages announced, never sent'),
  connections('never-read', 1000, '# clients that ask and never read'),
  connections('rapid-reset', 20, '# clients that reset HTTP/2 requests'),
  connections('endless-headers', 20, '# clients with endless HTTP/2 headers'),
]

/** How attacks are made, for the report. */
export const ATTACK_NOTES: readonly string[] = [
  'Floods come over IPv6, each address in a /56 of its own, and ask for cached names.',
  'Attackers come over IPv4 from 190 addresses. They hold as many connections as they are: one that ends is made anew, up to 2,000 a second.',
  'Of the TLS handshakes every other one stops in the middle of its first message.',
  'Clients that never read ask 500 questions at a time, as long as the system takes them.',
  'HTTP/2: requests that are reset at once, 100 in a write (CVE-2023-44487); header blocks that never end, or end after a megabyte.',
]
