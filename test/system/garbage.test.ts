// Who collects the garbage of a program that runs (docs/decisions/0017-own-garbage.md).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dotward } from '../support/dotward.ts'
import { freePort } from '../support/processes.ts'

const TRACE_GARBAGE = new URL('../support/trace-garbage.mjs', import.meta.url).href

/** Of a collection of young garbage: the thread's heap, and milliseconds of helpers. */
const LINE = /^\[\d+:(0x[0-9a-f]+):\d+\].* gc=s .* background\.scavenge\.parallel=([\d.]+)/gm

test('each thread collects its own young garbage, without helpers', async () => {
  const env = { NODE_OPTIONS: `--import ${TRACE_GARBAGE}` }
  const upstreams = [{ address: '127.0.0.1', port: await freePort(), tlsName: 'dns.example.org' }]
  await using proxy = await Dotward.start({ upstreams, workers: 2 }, { env })
  const collections = () => [...proxy.program.output.matchAll(LINE)]
  await proxy.program.until('three threads had collected garbage', () => {
    return new Set(collections().map(([, heap]) => heap)).size >= 3
  })
  assert.deepEqual(
    collections().filter(([, , helped]) => Number(helped) > 0),
    [],
  )
})
