// Fuzzes the reader of PROXY protocol headers; run.ts runs it.

import assert from 'node:assert/strict'
import {
  MAX_HEADER_LENGTH,
  ProxyHeader,
  ProxyVerdict,
} from '../src/listen/proxy-protocol/header.ts'
import { binaryHeader, inet, inet6, lineHeader, Local } from '../test/support/proxy-header.ts'
import { mutator } from './mutator.ts'

const SAMPLES = [
  binaryHeader(inet('192.0.2.1')),
  binaryHeader(inet6('2001:db8::1'), { tlvs: Buffer.from([4, 0, 1, 0]) }),
  binaryHeader(inet6('::ffff:192.0.2.1')),
  binaryHeader(Local),
  binaryHeader({ family: 3, addresses: new Uint8Array(216) }),
  lineHeader('TCP4 192.0.2.1 198.51.100.1 4711 53'),
  lineHeader('TCP6 2001:db8::1 ::ffff:192.0.2.1 4711 53'),
  lineHeader('UNKNOWN'),
]

/** @returns how many inputs were tried; throws at the first that breaks an invariant */
export function fuzzProxyProtocol(options: {
  readonly seconds: number
  readonly seed: number
}): number {
  const mutate = mutator(options.seed)
  const end = performance.now() + options.seconds * 1_000
  let inputs = 0
  while (performance.now() < end) {
    for (const sample of SAMPLES) {
      const octets = mutate.octets(sample)
      try {
        check(octets)
      } catch (error) {
        throw new Error(`header ${Buffer.from(octets).toString('hex')}`, { cause: error })
      }
      inputs++
    }
  }
  return inputs
}

/** What comes in pieces is what comes at once; what was whole stays so whatever follows. */
function check(octets: Uint8Array): void {
  const header = new ProxyHeader()
  const verdict = header.read(octets, 0, octets.length)
  const { length, family, offset, address } = header
  for (let cut = 0; cut < octets.length; cut++) {
    const part = header.read(octets, 0, cut)
    if (part === ProxyVerdict.Unfinished) {
      assert.ok(cut < MAX_HEADER_LENGTH)
      continue
    }
    assert.equal(part, verdict)
    if (part === ProxyVerdict.Whole) assert.equal(header.length, length)
    break
  }
  if (verdict !== ProxyVerdict.Whole) return
  assert.ok(length >= 15 && length <= octets.length && length <= MAX_HEADER_LENGTH)
  if (family !== 0) assert.ok(offset + (family === 4 ? 4 : 16) <= address.length)
}
