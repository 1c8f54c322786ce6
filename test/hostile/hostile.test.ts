// Upstreams that break every rule, one kind after the other: in front of a worker's real data plane,
// over real sockets, alone and beside a healthy one. A table at the end says how many are survived.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { data } from './kinds/data.ts'
import { edns } from './kinds/edns.ts'
import { framing } from './kinds/framing.ts'
import { headers } from './kinds/header.ts'
import { noise } from './kinds/noise.ts'
import { rdata } from './kinds/rdata.ts'
import { sections } from './kinds/sections.ts'
import { transport } from './kinds/transport.ts'
import type { Certificates, Misbehaviour } from './misbehaviour.ts'
import { survive } from './survival.ts'
import { unhurried } from './unhurried.ts'

const KINDS: Readonly<Record<string, readonly Misbehaviour[]>> = {
  'reaching it, TLS, identity': transport,
  'frames, order, silence, closing': framing,
  'header and question': headers,
  'counts, bounds, names': sections,
  RDATA: rdata,
  EDNS: edns,
  'data, chains, sizes': data,
  chance: noise,
}

/** They mostly wait, so they wait together. */
const AT_A_TIME = 8

let ca: TestCa
let otherCa: TestCa
let certificates: Certificates
before(() => {
  ca = createTestCa()
  otherCa = createTestCa()
  certificates = {
    right: ca.issue({ names: [DOT_NAME] }),
    expired: ca.issue({ names: [DOT_NAME], expired: true }),
    notYetValid: ca.issue({ names: [DOT_NAME], notYetValid: true }),
    otherName: ca.issue({ names: ['dot.example.com'] }),
    addressOnly: ca.issue({ ips: ['127.0.0.1'] }),
    forClients: ca.issue({ names: [DOT_NAME], clientAuth: true }),
    unknownAuthority: otherCa.issue({ names: [DOT_NAME] }),
  }
})

const survived = { alone: new Map<string, number>(), beside: new Map<string, number>() }

test('there is one of each kind', () => {
  const names = Object.values(KINDS).flatMap((kinds) => kinds.map(({ name }) => name))
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  assert.deepEqual(twice, [])
})

describe('a server that', { concurrency: AT_A_TIME }, () => {
  for (const [group, kinds] of Object.entries(KINDS)) {
    for (const kind of kinds) {
      for (const setting of ['alone', 'beside'] as const) {
        const where = setting === 'alone' ? 'alone' : 'beside a healthy one'
        test(`${kind.name}, ${where}`, async () => {
          const beside = setting === 'beside'
          await unhurried(() => survive(kind, { certificates, caPath: ca.caPath, beside }))
          survived[setting].set(group, (survived[setting].get(group) ?? 0) + 1)
        })
      }
    }
  }
})

after(() => {
  ca[Symbol.dispose]()
  otherCa[Symbol.dispose]()
  process.stdout.write(`\n${table()}\n`)
})

/** For people: kinds and how many of them are survived. */
function table(): string {
  const rows = Object.entries(KINDS).map(([group, kinds]) => [
    group,
    kinds.length,
    survived.alone.get(group) ?? 0,
    survived.beside.get(group) ?? 0,
  ])
  const total = [1, 2, 3].map((column) => rows.reduce((sum, row) => sum + Number(row[column]), 0))
  return [['misbehaviour', 'kinds', 'alone', 'beside'], ...rows, ['all', ...total]]
    .map(([first, ...rest]) =>
      [String(first).padEnd(34), ...rest.map((cell) => String(cell).padStart(8))].join(''),
    )
    .join('\n')
}
