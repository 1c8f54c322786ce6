// Taking records out of a message without reading it whole: what stays is copied as it stands, and the
// compression pointers in it are turned to where their names have moved (RFC 1035 §4.1.4). No name grows,
// so a record never changes its length. Allocates nothing once constructed.

import { type AnswerScan, MAX_RECORDS } from './answer-scan.ts'
import { copyOctets } from './copy.ts'
import { readUint16, writeUint16 } from './header.ts'
import { RecordType } from './record-type.ts'

/** Octets of RDATA before the names that may be compressed, and how many of those there are. */
interface Shape {
  readonly skip: number
  readonly names: number
}

const ONE: Shape = { skip: 0, names: 1 }
const TWO: Shape = { skip: 0, names: 2 }
const PREFERENCE: Shape = { skip: 2, names: 1 }
/** What it skips depends on the RDATA (RFC 3403 §4.1). */
const NAPTR: Shape = { skip: 4, names: 1 }

/** Types in which names may be compressed, or are by some (RFC 1035 §3.3, RFC 3597 §4). */
const shapes = byType([
  [RecordType.NS, ONE],
  [RecordType.MD, ONE],
  [RecordType.MF, ONE],
  [RecordType.CNAME, ONE],
  [RecordType.SOA, TWO],
  [RecordType.MB, ONE],
  [RecordType.MG, ONE],
  [RecordType.MR, ONE],
  [RecordType.PTR, ONE],
  [RecordType.MINFO, TWO],
  [RecordType.MX, PREFERENCE],
  [RecordType.RP, TWO],
  [RecordType.AFSDB, PREFERENCE],
  [RecordType.RT, PREFERENCE],
  [RecordType.PX, { skip: 2, names: 2 }],
  [RecordType.SRV, { skip: 6, names: 1 }],
  [RecordType.NAPTR, NAPTR],
  [RecordType.KX, PREFERENCE],
  [RecordType.DNAME, ONE],
])

function byType(rows: readonly (readonly [type: number, shape: Shape])[]): (Shape | undefined)[] {
  const known = new Map(rows)
  return Array.from({ length: RecordType.DNAME + 1 }, (_, type) => known.get(type))
}

/** No name can be had here: it points into what goes. */
const LOST = -1

export class RecordRemover {
  /** 1 for what goes, by place over all sections, OPT not counted; zeros again after each use. */
  readonly gone = new Uint8Array(MAX_RECORDS)
  /** What was cut so far: where each cut begins and ends, and octets cut up to there. */
  readonly #from = new Uint16Array(MAX_RECORDS + 1)
  readonly #to = new Uint16Array(MAX_RECORDS + 1)
  readonly #sums = new Uint16Array(MAX_RECORDS + 1)
  #cuts = 0

  /**
   * Copies a message that was scanned without the records in `gone`.
   * @param out takes the message from its start on; not the memory of the one that is copied
   * @param ttlOffsets takes the places of the TTLs that are left: as many as records are
   * @returns octets of the copy, or -1 when a name that stays leads into what goes
   */
  remove(scan: AnswerScan, keepsOpt: boolean, out: Uint8Array, ttlOffsets: Uint16Array): number {
    const { bytes, start, questionEnd, ttlCount, optStart, optEnd } = scan
    const { answerCount, authorityCount } = scan
    copyOctets(bytes, start, out, 0, questionEnd)
    this.#cuts = 0
    let at = questionEnd
    let to = questionEnd
    let kept = 0
    let answers = 0
    let authorities = 0
    for (let place = 0; place <= ttlCount; place++) {
      if (at === optStart) {
        if (keepsOpt) {
          copyOctets(bytes, start + at, out, to, optEnd - at)
          to += optEnd - at
        } else {
          this.#cut(at, optEnd)
        }
        at = optEnd
      }
      if (place === ttlCount) break
      const ttl = scan.ttlOffsets[place]!
      const end = ttl + 6 + readUint16(bytes, start + ttl + 4)
      if (this.gone[place] === 1) {
        this.gone[place] = 0
        this.#cut(at, end)
      } else {
        copyOctets(bytes, start + at, out, to, end - at)
        if (this.#cuts > 0 && !this.#turn(out, to, to + (ttl - at))) {
          this.gone.fill(0, 0, ttlCount)
          return LOST
        }
        ttlOffsets[kept++] = to + (ttl - at)
        to += end - at
        if (place < answerCount) answers++
        else if (place < answerCount + authorityCount) authorities++
      }
      at = end
    }
    const hasOpt = optStart !== -1 && keepsOpt
    writeUint16(out, 6, answers)
    writeUint16(out, 8, authorities)
    writeUint16(out, 10, kept - answers - authorities + (hasOpt ? 1 : 0))
    return to
  }

  #cut(from: number, to: number): void {
    const last = this.#cuts - 1
    if (last >= 0 && this.#to[last] === from) {
      this.#to[last] = to
      this.#sums[last]! += to - from
      return
    }
    this.#from[this.#cuts] = from
    this.#to[this.#cuts] = to
    this.#sums[this.#cuts] = (last < 0 ? 0 : this.#sums[last]!) + to - from
    this.#cuts++
  }

  /** Turns the pointers of a record. @param ttl where its TTL stands */
  #turn(out: Uint8Array, at: number, ttl: number): boolean {
    if (this.#turnName(out, at) === LOST) return false
    const type = readUint16(out, ttl - 4)
    const shape = type > RecordType.DNAME ? undefined : shapes[type]
    if (shape === undefined) return true
    let name = ttl + 6 + shape.skip
    if (shape === NAPTR) for (let strings = 3; strings > 0; strings--) name += out[name]! + 1
    for (let left = shape.names; left > 0; left--) {
      name = this.#turnName(out, name)
      if (name === LOST) return false
    }
    return true
  }

  /** @returns the offset behind the name, or -1 */
  #turnName(out: Uint8Array, from: number): number {
    let at = from
    let octet = out[at]!
    while (octet !== 0 && octet < 0xc0) {
      at += octet + 1
      octet = out[at]!
    }
    if (octet === 0) return at + 1
    const moved = this.#moved(readUint16(out, at) & 0x3fff)
    if (moved === LOST) return LOST
    writeUint16(out, at, 0xc000 | moved)
    return at + 2
  }

  /** Where something has moved; -1 when it was cut. */
  #moved(offset: number): number {
    let low = 0
    let high = this.#cuts
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#from[middle]! <= offset) low = middle + 1
      else high = middle
    }
    if (low === 0) return offset
    return offset < this.#to[low - 1]! ? LOST : offset - this.#sums[low - 1]!
  }
}
