// Internet addresses between their 4 or 16 octets and text (RFC 1035 §3.4.1, RFC 5952).

import { isIPv4, isIPv6 } from 'node:net'

export function formatIpv4(octets: Uint8Array): string {
  return octets.join('.')
}

/** @returns 4 octets, or null when the text is no dotted quad */
export function parseIpv4(text: string): Uint8Array | null {
  return isIPv4(text) ? Uint8Array.from(text.split('.'), Number) : null
}

/** The recommended form of RFC 5952: lower case, the longest run of zero groups as `::`. */
export function formatIpv6(octets: Uint8Array): string {
  const groups: string[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((octets[i]! << 8) | octets[i + 1]!).toString(16))
  const text = shorten(groups)
  // RFC 5952 §5: an IPv4-mapped address shows its IPv4 part.
  return /^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(text)
    ? `::ffff:${formatIpv4(octets.subarray(12))}`
    : text
}

function shorten(groups: readonly string[]): string {
  let best = 0
  let bestLength = 1
  for (let from = 0; from < groups.length; from++) {
    let to = from
    while (groups[to] === '0') to++
    if (to - from > bestLength) {
      best = from
      bestLength = to - from
    }
  }
  if (bestLength === 1) return groups.join(':')
  return `${groups.slice(0, best).join(':')}::${groups.slice(best + bestLength).join(':')}`
}

/** @returns 16 octets, or null when the text is no IPv6 address; zone indices are not taken */
export function parseIpv6(text: string): Uint8Array | null {
  if (!isIPv6(text) || text.includes('%')) return null
  const [head = '', tail] = text.split('::')
  const before = groupOctets(head)
  const after = groupOctets(tail ?? '')
  const octets = new Uint8Array(16)
  octets.set(before)
  octets.set(after, 16 - after.length)
  return octets
}

function groupOctets(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const number = Number.parseInt(group, 16)
    return [number >>> 8, number & 0xff]
  })
}
