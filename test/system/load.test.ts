// Many clients at once: not one query may be lost.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { Dotward } from '../support/dotward.ts'
import { freePort, runProgram } from '../support/processes.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/concurrent-request-test.sh', import.meta.url))
const NAMES = 'test.example,www.test.example,alias1.test.example,big.test.example,no.test.example'
const running = new AsyncDisposableStack()
let ca: TestCa
let proxy: Dotward

before(async () => {
  ca = running.use(createTestCa())
  const unbound = running.use(await startUnbound(ca))
  proxy = running.use(await Dotward.start({ upstreams: [upstreamConfig(unbound, ca)] }))
})
after(() => running.disposeAsync())

for (const transport of ['udp', 'tcp']) {
  test(`dnsperf over ${transport}: 20,000 queries, a quarter of them new, none lost`, async () => {
    const queries = Array.from({ length: 20_000 }, (_, i) => {
      const name = i % 4 === 0 ? `${transport}${i}.wild` : ['www', 'mixed', 'mail', 'long'][i % 4]!
      return `${name}.test.example A\n`
    })
    const file = join(ca.dir, `${transport}.queries`)
    writeFileSync(file, queries.join(''))
    const flags = `-s 127.0.0.1 -p ${proxy.port} -m ${transport} -n 1 -c 8 -q 200 -t 10`
    const { code, output } = await runProgram('dnsperf', [...flags.split(' '), '-d', file])
    assert.equal(code, 0, output)
    assert.match(output, /Queries sent:\s+20000\n/)
    assert.match(output, /Queries lost:\s+0 /)
    assert.match(output, /Response codes:\s+NOERROR 20000 \(100\.00%\)/)
  })
}

test('scripts/concurrent-request-test.sh: mixed types at once over UDP and TCP, all answered', async () => {
  const args = ['-n', NAMES, '127.0.0.1', `${proxy.port}`, '400', '20']
  const { code, output } = await runProgram(SCRIPT, args)
  assert.equal(code, 0, output)
  assert.match(output, /^PASS: 400 of 400 answered \(NOERROR \d+, NXDOMAIN \d+\), 20 at once/m)
})

test('scripts/concurrent-request-test.sh fails where nothing answers, and on wrong usage', async () => {
  const nobody = await runProgram(SCRIPT, ['127.0.0.1', `${await freePort()}`, '5', '5'])
  assert.equal(nobody.code, 1, nobody.output)
  assert.match(nobody.output, /^FAIL: 0 of 5 answered/m)
  const misused = await runProgram(SCRIPT, ['127.0.0.1', 'domain'])
  assert.equal(misused.code, 2, misused.output)
  assert.match(misused.output, /^usage:/m)
})

test('scripts/concurrent-request-test.sh passes shellcheck', async () => {
  const { code, output } = await runProgram('shellcheck', [SCRIPT])
  assert.equal(code, 0, output)
})

test('the proxy that went through all this stops with exit code 0', async () => {
  await proxy.stop()
})
