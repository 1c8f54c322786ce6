// DNS cookies with the tools that learn and use them, and with a server that shares our secret.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { type DigAnswer, dig, kdig, type Server } from '../support/dig.ts'
import { startBind } from '../support/dot-upstreams/bind.ts'
import { serverFolder, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../support/dotward.ts'
import { freePort, startProgram } from '../support/processes.ts'

const SECRET = '2f0b1c3d4e5f60718293a4b5c6d7e8f9'
const CLIENT_COOKIE = '0011223344556677'
const NAME = 'www.test.example'

const running = new AsyncDisposableStack()
let proxy: Dotward
let secretFile: string
let named: Server

before(async () => {
  const ca = running.use(createTestCa())
  const upstream = running.use(await startBind(ca))
  secretFile = join(running.use(serverFolder()).path, 'secrets')
  writeFileSync(secretFile, `${SECRET}\n`)
  const cookies = { mode: 'require', secretFile }
  const config = { upstreams: [upstreamConfig(upstream, ca)], cookies }
  proxy = running.use(await Dotward.start(config))
  named = await startNamed()
})
after(() => running.disposeAsync())

/** BIND that answers nobody over UDP without a cookie made with our secret. */
async function startNamed(): Promise<Server> {
  const folder = running.use(serverFolder())
  const port = await freePort()
  const config = join(folder.path, 'named.conf')
  writeFileSync(
    config,
    `options {
      directory "${folder.path}"; pid-file none; session-keyfile none;
      listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
      recursion no; dnssec-validation no;
      answer-cookie yes; require-server-cookie yes;
      cookie-algorithm siphash24; cookie-secret "${SECRET}";
    };
    controls { };
    zone "test.example" { type primary; file "zone"; };
    `,
  )
  const zone = '@ 60 IN SOA ns hostmaster 1 2 3 4 5\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n'
  writeFileSync(join(folder.path, 'zone'), `${zone}www 60 IN A 192.0.2.10\n`)
  const server = { host: '127.0.0.1', port }
  const program = running.use(startProgram('named', ['-g', '-n', '1', '-c', config]))
  await program.until('it answered', async () => {
    return (await dig(server, NAME, '+tcp', '+time=1')).status === 'NOERROR'
  })
  return server
}

function ours(): Server {
  return { host: '127.0.0.1', port: proxy.port }
}

/** The cookie as dig or kdig prints it. */
function cookieIn({ output }: DigAnswer): string {
  return /COOKIE: ([0-9a-f]+)/i.exec(output)?.[1]?.toLowerCase() ?? ''
}

/** Asks with this cookie and no other try: BADCOOKIE is an answer like any other. */
function askWith(server: Server, cookie: string): Promise<DigAnswer> {
  return dig(server, NAME, `+cookie=${cookie}`, '+nobadcookie')
}

describe('a tool that knows cookies', () => {
  test('dig comes back with the cookie that came with BADCOOKIE', async () => {
    const answer = await dig(ours(), NAME, '+cookie')
    assert.equal(answer.status, 'NOERROR', answer.output)
    assert.match(answer.output, /\(UDP\)/)
    assert.match(answer.output, /COOKIE: [0-9a-f]{48} \(good\)/)
  })

  test('kdig does as well', async () => {
    const { output } = await kdig(ours(), NAME, '+cookie')
    assert.match(output, /status: BADCOOKIE/)
    assert.match(output, /status: NOERROR/)
  })

  test('gets a cookie without asking for anything else (RFC 7873 §5.4)', async () => {
    const answer = await dig(ours(), '+header-only', '+cookie')
    assert.equal(answer.status, 'NOERROR', answer.output)
    assert.match(answer.output, /QUERY: 0, ANSWER: 0/)
    assert.match(answer.output, /COOKIE: [0-9a-f]{48} \(good\)/)
  })

  test('that sends none comes over TCP', async () => {
    const answer = await dig(ours(), NAME, '+nocookie')
    assert.equal(answer.status, 'NOERROR', answer.output)
    assert.match(answer.output, /\(TCP\)/)
  })

  test('learns that a cookie of no legal length is FORMERR (RFC 7873 §5.2.2)', async () => {
    assert.equal((await askWith(ours(), '001122334455')).status, 'FORMERR')
  })
})

describe('BIND with the same secret (RFC 9018)', () => {
  test('makes cookies that are good here', async () => {
    const given = await askWith(named, CLIENT_COOKIE)
    assert.equal(given.status, 'BADCOOKIE', given.output)
    const answer = await askWith(ours(), cookieIn(given))
    assert.equal(answer.status, 'NOERROR', answer.output)
    assert.equal(cookieIn(answer), cookieIn(given))
  })

  test('takes the cookies that are made here', async () => {
    const given = await askWith(ours(), CLIENT_COOKIE)
    assert.equal(given.status, 'BADCOOKIE', given.output)
    const answer = await askWith(named, cookieIn(given))
    assert.equal(answer.status, 'NOERROR', answer.output)
  })

  test('and we both refuse one with a bit flipped', async () => {
    const cookie = cookieIn(await askWith(ours(), CLIENT_COOKIE))
    const forged = cookie.slice(0, -1) + (Number.parseInt(cookie.at(-1)!, 16) ^ 1).toString(16)
    assert.equal((await askWith(ours(), forged)).status, 'BADCOOKIE')
    assert.equal((await askWith(named, forged)).status, 'BADCOOKIE')
  })
})

describe('a file of secrets', () => {
  test('is read again: secrets that stay in it are good, and none is ever told', async () => {
    const cookie = cookieIn(await askWith(ours(), CLIENT_COOKIE))
    const next = 'a'.repeat(32)
    const rollover = [
      [[next, SECRET], 'NOERROR'],
      [[next], 'BADCOOKIE'],
    ] as const
    for (const [secrets, status] of rollover) {
      const from = proxy.program.output.length
      writeFileSync(secretFile, `# the fleet's\n${secrets.join('\n')}\n`)
      proxy.program.signal('SIGHUP')
      await proxy.program.printed(/the new configuration is in force/, from)
      assert.equal((await askWith(ours(), cookie)).status, status)
    }
    assert.doesNotMatch(proxy.program.output, new RegExp(`${SECRET}|${next}`))
  })

  test('is read when it changes; a spoilt one leaves the secrets in force, and is told without them', async () => {
    const from = proxy.program.output.length
    writeFileSync(secretFile, `${SECRET}ff\n`)
    const told = await proxy.program.printed(/the old stay in force.*/, from)
    assert.match(told[0], /:1 is not a secret/)
    assert.doesNotMatch(told[0], new RegExp(SECRET))
    const answer = await dig(ours(), NAME, '+cookie')
    assert.equal(answer.status, 'NOERROR', answer.output)
  })
})
