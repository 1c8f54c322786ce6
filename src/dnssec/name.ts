// Domain names as the validator handles them: in canonical form (RFC 4034 §6.2), which is the
// uncompressed wire form in lower case, as a string with one code unit for each octet. Strings can be
// compared, be keys of maps, and share memory with the longer names that they end.

import { lowerCaseOctet, MAX_LABEL_LENGTH, MAX_NAME_LENGTH } from '../wire/name.ts'
import { formatName } from '../wire/text/name-text.ts'

/** A name in canonical form, the root label at its end included. */
export type Name = string

export const ROOT: Name = '\0'

/** Names have 127 labels at the most, the root's not counted. */
const MAX_LABELS = 127

const scratch = Buffer.alloc(MAX_NAME_LENGTH)
const startsOfA = new Uint8Array(MAX_LABELS)
const startsOfB = new Uint8Array(MAX_LABELS)

/**
 * Takes a name from a message, where it may be compressed. It must have been checked by `skipName`:
 * throws a RangeError for what is no name.
 * @param start offset of the message's first octet
 * @param at offset of the name's
 */
export function readName(bytes: Uint8Array, start: number, at: number): Name {
  let from = at
  let length = 0
  for (;;) {
    const octet = bytes[from]!
    if (octet >= 0xc0) {
      const target = start + (((octet & 0x3f) << 8) | bytes[from + 1]!)
      // Backwards, and so to an end: what goes on in a circle of labels gets too long.
      if (target >= from) break
      from = target
      continue
    }
    scratch[length++] = octet
    if (octet === 0) return scratch.toString('latin1', 0, length)
    // Behind the end of `bytes` there is `undefined`, which is not below anything.
    if (!(octet <= MAX_LABEL_LENGTH && length + octet < MAX_NAME_LENGTH)) break
    for (let i = 1; i <= octet; i++) scratch[length++] = lowerCaseOctet(bytes[from + i]!)
    from += octet + 1
  }
  throw new RangeError(`a name at offset ${at} that was not checked`)
}

/** Its octets. */
export function nameOctets(name: Name): Uint8Array {
  return Buffer.from(name, 'latin1')
}

/** Its presentation text, with a dot at the end. */
export function nameText(name: Name): string {
  return formatName(nameOctets(name))
}

/** The name without its first label. The root has no parent: it stays what it is. */
export function parentOf(name: Name): Name {
  return name === ROOT ? ROOT : name.slice(name.charCodeAt(0) + 1)
}

/** Labels, neither the root's nor a leading asterisk's counted (RFC 4034 §3.1.3). */
export function countLabels(name: Name): number {
  return isWildcard(name) ? countAllLabels(name) - 1 : countAllLabels(name)
}

/** Labels, the root's not counted. */
export function countAllLabels(name: Name): number {
  let count = 0
  for (let at = 0; name.charCodeAt(at) !== 0; at += name.charCodeAt(at) + 1) count++
  return count
}

/** The name's last labels, so many of them besides the root's. */
export function ancestorWith(labels: number, name: Name): Name {
  let at = 0
  for (let drop = countAllLabels(name) - labels; drop > 0; drop--) at += name.charCodeAt(at) + 1
  return name.slice(at)
}

/** The ancestor of `name`, or `name` itself, one label below `ancestor`, which it must be below. */
export function childTowards(name: Name, ancestor: Name): Name {
  return ancestorWith(countAllLabels(ancestor) + 1, name)
}

export function isAtOrBelow(name: Name, ancestor: Name): boolean {
  const limit = name.length - ancestor.length
  if (limit < 0 || !name.endsWith(ancestor)) return false
  // The text may end alike in the middle of a label.
  let at = 0
  while (at < limit) at += name.charCodeAt(at) + 1
  return at === limit
}

export function isBelow(name: Name, ancestor: Name): boolean {
  return name.length > ancestor.length && isAtOrBelow(name, ancestor)
}

/** The longest name that both are at or below. */
export function commonAncestor(a: Name, b: Name): Name {
  let name = a
  while (!isAtOrBelow(b, name)) name = parentOf(name)
  return name
}

export function isWildcard(name: Name): boolean {
  return name.charCodeAt(0) === 1 && name.charCodeAt(1) === 0x2a
}

/** The wildcard whose closest encloser the name is (RFC 4592 §3.3.1); null when that is too long. */
export function wildcardOf(name: Name): Name | null {
  return name.length + 2 > MAX_NAME_LENGTH ? null : `\x01*${name}`
}

/**
 * The name with its end replaced, as a DNAME does (RFC 6672 §2.2); null when that is too long.
 * @param owner what `name` is below
 */
export function replaceEnd(name: Name, owner: Name, target: Name): Name | null {
  const length = name.length - owner.length
  return length + target.length > MAX_NAME_LENGTH ? null : name.slice(0, length) + target
}

/** The canonical order of names (RFC 4034 §6.1): below 0 when `a` comes first, 0 when they are equal. */
export function compareNames(a: Name, b: Name): number {
  let left = labelStarts(a, startsOfA)
  let right = labelStarts(b, startsOfB)
  while (left > 0 && right > 0) {
    const order = compareLabels(a, startsOfA[--left]!, b, startsOfB[--right]!)
    if (order !== 0) return order
  }
  return left - right
}

function labelStarts(name: Name, into: Uint8Array): number {
  let count = 0
  for (let at = 0; name.charCodeAt(at) !== 0; at += name.charCodeAt(at) + 1) into[count++] = at
  return count
}

function compareLabels(a: Name, x: number, b: Name, y: number): number {
  const left = a.charCodeAt(x)
  const right = b.charCodeAt(y)
  const shorter = left < right ? left : right
  for (let i = 1; i <= shorter; i++) {
    const order = a.charCodeAt(x + i) - b.charCodeAt(y + i)
    if (order !== 0) return order
  }
  return left - right
}
