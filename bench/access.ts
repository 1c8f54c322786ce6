// What access rules cost a query: the search for an address among many ranges, against that of an
// access list without any, in the shapes of `src/guard/testing.ts`.
//
// usage: node bench/access.ts [--ranges N] [--rounds N]

import { parseArgs } from 'node:util'
import { AccessList } from '../src/guard/acl.ts'
import { octetsOf, randomOf, rangeText, type Shape, shapes } from '../src/guard/testing.ts'

/** Different addresses that are asked for: more than any cache of the processor keeps at hand. */
const ADDRESSES = 65_536
const PASSES = 8

const NANOSECONDS = 1e6
const MIB = 2 ** 20

interface Queries {
  readonly bytes: Uint8Array
  readonly octets: number
}

/** Nanoseconds for each address. */
function time(list: AccessList, { bytes, octets }: Queries): number {
  const family = octets === 4 ? 4 : 6
  const begun = performance.now()
  for (let pass = 0; pass < PASSES; pass++) {
    for (let at = 0; at < bytes.length; at += octets) list.traits(bytes, at, family)
  }
  return ((performance.now() - begun) * NANOSECONDS) / (PASSES * ADDRESSES)
}

function queriesNear({ near, width }: Shape): Queries {
  const octets = width / 8
  const bytes = new Uint8Array(ADDRESSES * octets)
  for (let i = 0; i < ADDRESSES; i++) bytes.set(octetsOf(near(), width), i * octets)
  return { bytes, octets }
}

function measure(name: string, shape: Shape, rounds: number): void {
  const ranges = shape.blocks.map((block) => rangeText(block, shape.width))
  // Neighbours that differ in group, so that no two ranges can be taken for one.
  const even = ranges.filter((_, index) => index % 2 === 0)
  const odd = ranges.filter((_, index) => index % 2 === 1)
  const begun = performance.now()
  const list = AccessList.compile({ allow: ranges, groups: [even, odd] })
  const compiled = performance.now() - begun
  const none = AccessList.compile({ allow: [] })
  const queries = queriesNear(shape)
  let base = Infinity
  let cost = Infinity
  // The best of each: whatever else runs on the machine only adds to it.
  for (let round = 0; round < rounds; round++) {
    base = Math.min(base, time(none, queries))
    cost = Math.min(cost, time(list, queries))
  }
  const memory = list.memory.byteLength / MIB
  console.log(
    `${name.padEnd(34)} ${ranges.length} ranges: ${cost.toFixed(0)} ns, without ${base.toFixed(0)} ns, ` +
      `over ${(cost - base).toFixed(0)} ns; ${memory.toFixed(1)} MiB, compiled in ${compiled.toFixed(0)} ms`,
  )
}

const { values } = parseArgs({
  options: {
    ranges: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '11' },
  },
})
for (const [name, draw] of Object.entries(shapes)) {
  measure(name, draw(Number(values.ranges), randomOf(1)), Number(values.rounds))
}
