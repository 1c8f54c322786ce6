// A system clock that is wrong, as answers show it. The clock of a process cannot be set: the world is
// signed for another year instead.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { dig } from '../support/dig.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { ConfigFile, Dotward } from '../support/dotward.ts'
import { SignedUpstreams, zoneOf } from '../support/signed-upstream.ts'

const ca = createTestCa()
const certificate = ca.issue({ names: [TLS_NAME] })
const files = new ConfigFile('')
after(() => {
  ca[Symbol.dispose]()
  files[Symbol.dispose]()
})

const NEXT_YEAR = { from: 400, until: 430 }
const LAST_YEAR = { from: -430, until: -400 }
const LABELS = ['a', 'b', 'c', 'd']

interface Days {
  readonly from: number
  readonly until: number
}

/** @param top of the root and of `example.`; the zones below are signed for `below` */
function upstreamsFor(top: Days | object, below: Days): SignedUpstreams {
  const zones = LABELS.map((label) =>
    zoneOf({ origin: `${label}.example.`, text: 'www A 192.0.2.1\n', ...below }),
  )
  const delegations = LABELS.map((label) => `${label} NS ns\n`).join('')
  const text = `ns A 192.0.2.53\n${delegations}`
  const example = zoneOf({ origin: 'example.', text, children: zones, ...top })
  const root = zoneOf({
    origin: '.',
    text: 'example. NS ns.example.\n',
    children: [example],
    ...top,
  })
  return new SignedUpstreams([root, example, ...zones])
}

async function startBefore(upstreams: SignedUpstreams, port: number): Promise<Dotward> {
  const trustAnchors = join(files.dir, `${port}.key`)
  writeFileSync(trustAnchors, upstreams.anchors)
  return Dotward.start({
    workers: 2,
    upstreams: [upstreamConfig({ name: 'only', port }, ca)],
    dnssec: { mode: 'validate', trustAnchors },
  })
}

/** Asks until workers have doubted the clock. @returns what dig printed last */
async function askUntilDoubted(proxy: Dotward, clock: string): Promise<string> {
  let output = ''
  let asked = 0
  await proxy.program.until('it doubted the clock', async () => {
    const name = `x${asked}.${LABELS[asked++ % LABELS.length]!}.example`
    const answer = await dig({ host: '127.0.0.1', port: proxy.port }, name, '+tcp')
    assert.equal(answer.status, 'SERVFAIL')
    ;({ output } = answer)
    const isDoubted = (await proxy.counters())(`dnssec_clock_doubts{clock="${clock}"}`) > 0
    return isDoubted && /the clock here seems wrong/.test(output)
  })
  return output
}

const complaints = ({ program }: Dotward): string[] =>
  program.output.split('\n').filter((line) => line.includes('the system clock seems'))

test('a clock that is a year behind is told at the start, once, and to clients', async () => {
  const upstreams = upstreamsFor(NEXT_YEAR, NEXT_YEAR)
  await using upstream = await upstreams.start(certificate)
  await using proxy = await startBefore(upstreams, upstream.port)
  await proxy.program.printed(
    /the system clock seems to be behind: it says [^,]+, and all signatures over the keys of \. begin later/,
  )
  const output = await askUntilDoubted(proxy, 'behind')
  assert.match(output, /EDE: 8 .*is not valid before .*; but the clock here seems wrong: it says /)
  assert.equal(complaints(proxy).length, 1)
})

for (const [clock, days] of [
  ['behind', NEXT_YEAR],
  ['ahead', LAST_YEAR],
] as const) {
  test(`a clock that is ${clock} of what several zones have signed is told when they are asked for`, async () => {
    const upstreams = upstreamsFor({}, days)
    await using upstream = await upstreams.start(certificate)
    await using proxy = await startBefore(upstreams, upstream.port)
    await proxy.program.printed(/a trust anchor is among the keys/)
    assert.deepEqual(complaints(proxy), [])
    await askUntilDoubted(proxy, clock)
    await proxy.program.printed(/the system clock seems to be/)
    const [complaint, ...others] = complaints(proxy)
    assert.deepEqual(others, [])
    const said = `the system clock seems to be ${clock}: it says \\S+, and all signatures of 3 zones hold from \\S+ to \\S+`
    assert.match(complaint!, new RegExp(said))
  })
}
