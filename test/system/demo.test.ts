// `dotward demo`: what a newcomer sees first.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runDotward } from '../support/dotward.ts'
import { freePort, type RunningProgram, runProgram } from '../support/processes.ts'

const CONCURRENT_REQUESTS = fileURLToPath(
  new URL('../../scripts/concurrent-request-test.sh', import.meta.url),
)

/** The command lines that the demo prints, in order, and what each must bring. */
const COMMANDS: readonly (readonly [RegExp, RegExp])[] = [
  [/^dig .* www\.demo\.example$/, /^www\.demo\.example\.\s+\d+\s+IN\s+A\s+192\.0\.2\.10$/m],
  [/^dig @::1 .* shop\.demo\.example AAAA$/, /^www\.demo\.example\.\s.*\sAAAA\s+2001:db8::10$/m],
  [/^dig .* big\.demo\.example TXT$/, /"Line 01 of 80 [^]*"Line 80 of 80 [^]*\(TCP\)/],
  [/^dig .* www\.broken\.example$/, /SERVFAIL[^]*EDE: 7 [^]*broken\.example\. DNSKEY/],
  [/^kdig .* \+tcp demo\.example HTTPS$/, /HTTPS\s+1 \. alpn=h2,h3[^]*\(TCP\)/],
  [/^host /, /address 192\.0\.2\.10\n[^]*IPv6 address 2001:db8::10\n[^]*10 mail\.demo\.example/],
  [/^nslookup .*-type=caa/, /demo\.example\s+rdata_257 = 0 issue "ca\.example\.org"/],
]

/** One spelling of every line: the time at its end cut off. */
const withoutTimes = (output: string): string[] =>
  output.split('\n').map((line) => line.replace(/ +\d+\.\d$/, ''))

test('demo --once asks its questions, gets every answer right and exits with 0', async () => {
  const port = await freePort()
  const { code, output } = await runDotward(['demo', '--once', '--port', `${port}`]).exited
  assert.equal(code, 0, output)
  const lines = withoutTimes(output)
  for (const line of [
    `  you         ask over UDP and TCP, port ${port} on 127.0.0.1 and ::1`,
    '   │          TLSv1.3, ALPN dot, certificate of dot.demo.example verified',
    '  www.demo.example A      UDP  192.0.2.10                   ✓  upstream',
    '  www.demo.example A      UDP  192.0.2.10                   ✓  cache',
    '  big.demo.example TXT    UDP  truncated (TC): ask over TCP ✓  upstream',
    '  big.demo.example TXT    TCP  20,480 octets                ✓  cache',
    '  nobody.demo.example A   UDP  NXDOMAIN, with SOA           ✓  upstream',
    '  www.broken.example A    UDP  SERVFAIL: signature expired     upstream',
    '  www.broken.example A    UDP  192.0.2.66, not checked (CD)    upstream',
    '  slow.demo.example A     UDP  192.0.2.40                   ✓  upstream',
    '  slow.demo.example A     UDP  192.0.2.40                   ✓  shared',
    '  13 questions, 9 of them asked over TLS, every answer is right.',
  ]) {
    assert.ok(lines.includes(line), `no line "${line}" in\n${output}`)
  }
  const why = output.replaceAll(/\s+/g, ' ')
  assert.match(
    why,
    /One answer was refused, since broken\.example\. DNSKEY: signature by .* expired/,
  )
})

suite('a demo that goes on', () => {
  let demo: RunningProgram
  let port: number
  before(async () => {
    port = await freePort()
    demo = runDotward(['demo', '--port', `${port}`])
    await demo.printed(/^Ctrl-C ends it\.\n/m)
  })
  after(() => demo[Symbol.asyncDispose]())

  test('fits a terminal of 80 columns and 45 lines, without control codes', () => {
    const lines = demo.output.split('\n')
    const tooLong = lines.filter((line) => line.length > 80)
    assert.deepEqual(tooLong, [])
    assert.ok(lines.length <= 45)
    assert.doesNotMatch(demo.output.replaceAll('\n', ''), /\p{Cc}/u)
  })

  test('answers each command line that it tells people to try', async () => {
    const printed = demo.output.matchAll(/^ {2}((?:dig|kdig|host|nslookup) .*?) +#/gm)
    const commands = Array.from(printed, ([, command]) => command!)
    assert.equal(commands.length, COMMANDS.length)
    for (const [i, command] of commands.entries()) {
      const [asked, shown] = COMMANDS[i]!
      assert.match(command, asked)
      const [program, ...args] = command.split(' ')
      const { code, output } = await runProgram(program!, args)
      assert.equal(code, 0, `${command}\n${output}`)
      assert.match(output, shown)
    }
  })

  test('stands scripts/concurrent-request-test.sh as it comes', async () => {
    const args = ['127.0.0.1', `${port}`, '200', '10']
    const { code, output } = await runProgram(CONCURRENT_REQUESTS, args)
    assert.equal(code, 0, output)
    assert.match(output, /^PASS: 200 of 200 answered/m)
  })

  test('ends at SIGINT, as Ctrl-C sends it, with exit code 0', async () => {
    const { code, output } = await demo.stop('SIGINT')
    assert.equal(code, 0, output)
  })
})

test('demo tells what to do when its port is taken, with exit code 1', async () => {
  const port = await freePort()
  const rival = createServer().listen(port, '127.0.0.1')
  await once(rival, 'listening')
  try {
    const { code, output } = await runDotward(['demo', '--once', '--port', `${port}`]).exited
    assert.equal(code, 1)
    assert.match(output, new RegExp(`127\\.0\\.0\\.1 port ${port}: another program has it`))
    assert.match(output, /dotward demo --port PORT/)
  } finally {
    rival.close()
  }
})

test('demo explains itself when it is called wrongly, with exit code 2', async () => {
  for (const args of [['--port', '0'], ['--port', 'x'], ['--port', '65536'], ['--twice']]) {
    const { code, output } = await runDotward(['demo', ...args]).exited
    assert.equal(code, 2, output)
    assert.match(output, /usage: dotward demo/)
  }
})
