// What is counted is what there is: the memory of the process, after everything has been thrown at it.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { RangesRig } from './testing.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const MIB = 2 ** 20
const MEMORY = 4 * MIB

/** Octets that tables take besides, whatever is held, and what a process has of its own to begin with. */
const TABLES = MIB / 2

function usedMemory(): number {
  for (let i = 0; i < 3; i++) collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** A record with a signature of an elliptic curve's length. */
function record(owner: string, zone: string, type: string, rdata: string, labels: number): string {
  const signature = createHash('sha512').update(`${owner} ${type}`).digest('base64')
  const head = `${type} 13 ${labels} 600 20300101000000 20200101000000 1 ${zone}`
  return `${owner} 600 ${type} ${rdata}\n${owner} 600 RRSIG ${head} ${signature}\n`
}

const soaOf = (zone: string): string =>
  record(zone, zone, 'SOA', 'ns.example. h.example. 1 1 1 1 600', 2)

/** So many ranges of one zone, wildcards of another, and zones with a range each, all of use. */
function fill(rig: RangesRig, count: number): void {
  for (let i = 0; i < count; i++) {
    const label = `m${String(i).padStart(6, '0')}`
    const own = `${label}.example.`
    rig.learnText(
      'x.one.example',
      soaOf('one.example.') +
        record(`${label}.one.example.`, 'one.example.', 'NSEC', `${label}!.one.example. A`, 3),
    )
    rig.ask(`${label}.one.example MX`)
    if (i % 4 > 0) continue
    rig.learnText(`x.${own}`, soaOf(own) + record(own, own, 'NSEC', `${own} NS SOA`, 2))
    rig.ask(`x.${own} A`)
    const [source, at] = [`${label}.two.example.`, `x.${label}.two.example.`]
    rig.learnAnswer(`${at} A`, record(at, 'two.example.', 'A', '192.0.2.1', 3))
    rig.learnText(
      'x.two.example',
      soaOf('two.example.') + record(source, 'two.example.', 'NSEC', `\\255.${source}`, 3),
    )
    rig.ask(`y.${source} A`)
  }
}

it('all that is held of zones takes no more than is said', () => {
  const rig = new RangesRig()
  fill(rig, 1_000)
  rig.ranges.clearSince(1)
  const [before, empty] = [usedMemory(), rig.ranges.size]
  fill(rig, 8_000)
  const { size, zones } = rig.ranges
  const real = usedMemory() - before
  assert.ok(size > 0.8 * MEMORY && size <= MEMORY, `${size}`)
  assert.ok(zones > 500, `${zones}`)
  assert.ok(real <= size - empty + TABLES, `${real} of ${size - empty}`)
})
