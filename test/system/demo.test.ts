// `dotward demo`: what a newcomer sees first.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runDotward } from '../support/dotward.ts'
import { freePort, type RunningProgram, runProgram } from '../support/processes.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/concurrent-request-test.sh', import.meta.url))

test('demo --once asks its questions, finds every answer right, and exits with 0', async () => {
  await using demo = runDotward(['demo', '--once', '--port', `${await freePort()}`])
  const { code, output } = await demo.exited
  assert.equal(code, 0, output)
  assert.match(output, /every answer is right/)
})

describe('demo', () => {
  let demo: RunningProgram
  let port: number
  before(async () => {
    port = await freePort()
    demo = runDotward(['demo', '--port', `${port}`])
    await demo.printed(/Ctrl-C ends it/)
  })
  after(() => demo[Symbol.asyncDispose]())

  test('each line that it tells people to try gets an answer', async () => {
    const lines = demo.output.matchAll(/^ {2}((dig|kdig|host|nslookup) [^#\n]+)/gm)
    const tools = new Set<string>()
    for (const [, line, tool] of lines) {
      const [name, ...args] = line!.trim().split(/\s+/)
      const { code, output } = await runProgram(name!, args)
      assert.equal(code, 0, `${line}\n${output}`)
      assert.match(output, /demo\.example/)
      assert.doesNotMatch(output, /SERVFAIL|timed out|refused/i, line)
      tools.add(tool!)
    }
    assert.deepEqual([...tools].sort(), ['dig', 'host', 'kdig', 'nslookup'])
  })

  test('scripts/concurrent-request-test.sh passes against it as it comes', async () => {
    const { code, output } = await runProgram(SCRIPT, ['127.0.0.1', `${port}`, '200', '10'])
    assert.equal(code, 0, output)
    assert.match(output, /^PASS: 200 of 200 answered/m)
  })

  test('it stops at SIGINT, as Ctrl-C sends it, with exit code 0', async () => {
    const { code, output } = await demo.stop('SIGINT')
    assert.equal(code, 0, output)
  })
})
