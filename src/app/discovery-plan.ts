// Which of our doors clients are told of that ask without encryption (RFC 9462).

import type { ListenerConfig } from '../config/config.ts'
import { DEFAULT_DOH_PATH } from '../config/sections/listener-https.ts'
import { HTTPS_ALPN } from '../listen/https/https-service.ts'
import { DOT_PROTOCOLS } from '../listen/tls/options.ts'
import type { Designation } from '../pipeline/discovery.ts'

/** Addresses that say nothing of where clients would find us. */
const WILDCARDS = new Set(['::', '0.0.0.0'])

/** Where a listener serves DNS over HTTPS; null when it does not. */
export function dohPath({ protocols, https }: ListenerConfig): string | null {
  return protocols.includes('https') ? (https?.path ?? DEFAULT_DOH_PATH) : null
}

/** @param listeners with the ports that they have */
export function designations(listeners: readonly ListenerConfig[]): Designation[] {
  const found = new Map<string, Designation>()
  for (const listener of listeners) {
    const { discovery: name, port, address } = listener
    if (name === undefined) continue
    const path = dohPath(listener)
    const door = { name, alpn: path === null ? DOT_PROTOCOLS : HTTPS_ALPN, port, path }
    // IPv4 and IPv6 of one door are two listeners, but one thing to clients.
    const key = JSON.stringify(door)
    const others = found.get(key)?.addresses ?? []
    found.set(key, { ...door, addresses: WILDCARDS.has(address) ? others : [...others, address] })
  }
  return [...found.values()]
}
