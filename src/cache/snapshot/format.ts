// How a snapshot of the cache lies in a file. All numbers are in network order.
//
//   file      magic (8 octets, the last of them the version), then blocks: head, entries…, end
//   block     kind (1), octets of the payload (4), payload, checksum (32)
//   checksum  SHA-256 over the checksum of the block before (zeros for the first), kind, length and
//             payload: so no block can be changed, left out, repeated or moved
//
//   head      when it was written, in milliseconds since 1970 (8, IEEE 754); how many upstreams (1);
//             for each the octets of its name (1) and the name in UTF-8
//   entries   one entry after the other:
//               octets of the message (2), variant (1), notes (1), extended error plus one (2),
//               provenance (2; the upstream counts as in the head, from 1), when it was stored, in
//               milliseconds since 1970 (8), seconds that it lives from then on (4), the message
//   end       how many entries there were (4)
//
// A file without its end is torn. The checksums are for accidents: who may write the file is trusted.

import { createHash } from 'node:crypto'
import { Variant } from '../../wire/question-key.ts'
import type { PackedAnswer } from '../packed-answer.ts'

/** What every snapshot begins with, whatever its version. */
export const MAGIC = Buffer.from('dwcache', 'latin1')
/** Of the magic and the version behind it. */
export const PREAMBLE_LENGTH = 8
export const VERSION = 1

export const BlockKind = { Head: 1, Entries: 2, End: 3 } as const
export type BlockKind = (typeof BlockKind)[keyof typeof BlockKind]

export const BLOCK_HEADER_LENGTH = 5
export const CHECKSUM_LENGTH = 32
/** Octets of a payload from which on a new block is begun. */
export const USUAL_PAYLOAD = 128 * 1024
/** The most that one more entry, or a head, can make of it. */
export const MAX_PAYLOAD = 256 * 1024

/** Bits of a variant that a snapshot can tell of: views and failures belong to their process. */
export const KEPT_VARIANTS =
  Variant.DnssecOk | Variant.CheckingDisabled | Variant.Validated | Variant.Unsigned

/** Octets of an entry before its message. */
export const ENTRY_LENGTH = 20

/** Upstreams that a head names at the most: an entry has one octet for them. */
const MAX_NAMES = 255

export function preamble(): Buffer {
  return Buffer.concat([MAGIC, Buffer.of(VERSION)])
}

/** @param before the checksum of the block before */
export function checksum(before: Uint8Array, block: Uint8Array): Buffer {
  return createHash('sha256').update(before).update(block).digest()
}

export interface Head {
  /** Milliseconds since 1970. */
  readonly writtenAt: number
  /** Names of upstreams, in the order in which entries count them. */
  readonly upstreams: readonly string[]
}

export function encodeHead({ writtenAt, upstreams }: Head): Buffer {
  const fixed = Buffer.alloc(9)
  fixed.writeDoubleBE(writtenAt)
  const names = upstreams.slice(0, MAX_NAMES).map((name) => Buffer.from(name).subarray(0, 255))
  fixed[8] = names.length
  return Buffer.concat([fixed, ...names.flatMap((name) => [Buffer.of(name.length), name])])
}

/** @returns null when it is none */
export function decodeHead(payload: Buffer): Head | null {
  if (payload.length < 9) return null
  const writtenAt = payload.readDoubleBE(0)
  const upstreams: string[] = []
  let at = 9
  for (let left = payload[8]!; left > 0; left--) {
    const end = at + 1 + (payload[at] ?? 0)
    if (at >= payload.length || end > payload.length) return null
    upstreams.push(payload.toString('utf8', at + 1, end))
    at = end
  }
  return at === payload.length && Number.isFinite(writtenAt) ? { writtenAt, upstreams } : null
}

/** What a snapshot knows of an entry besides its answer. */
export interface EntryFacts {
  readonly variant: number
  readonly notes: number
  /** Milliseconds since 1970. */
  readonly storedAt: number
}

/** @returns where the next entry goes in `into` */
export function encodeEntry(
  answer: PackedAnswer,
  { variant, notes, storedAt }: EntryFacts,
  into: Buffer,
  at: number,
): number {
  into.writeUInt16BE(answer.length, at)
  into[at + 2] = variant
  into[at + 3] = notes
  into.writeUInt16BE(answer.extendedError + 1, at + 4)
  into.writeUInt16BE(answer.provenance & 0xffff, at + 6)
  into.writeDoubleBE(storedAt, at + 8)
  into.writeUInt32BE(answer.lifetime, at + 16)
  into.set(answer.bytes.subarray(0, answer.length), at + ENTRY_LENGTH)
  return at + ENTRY_LENGTH + answer.length
}

export interface DecodedEntry extends EntryFacts {
  readonly extendedError: number
  readonly provenance: number
  /** Seconds. */
  readonly lifetime: number
  /** Where in the payload its message stands. */
  readonly start: number
  readonly end: number
}

/** The entry at an offset of a payload; null when it is not whole. */
export function decodeEntry(payload: Buffer, at: number): DecodedEntry | null {
  const start = at + ENTRY_LENGTH
  if (start > payload.length) return null
  const end = start + payload.readUInt16BE(at)
  if (end > payload.length) return null
  return {
    variant: payload[at + 2]!,
    notes: payload[at + 3]!,
    extendedError: payload.readUInt16BE(at + 4) - 1,
    provenance: payload.readUInt16BE(at + 6),
    storedAt: payload.readDoubleBE(at + 8),
    lifetime: payload.readUInt32BE(at + 16),
    start,
    end,
  }
}
