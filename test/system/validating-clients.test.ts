// Clients that believe nobody, dotward included: they ask with DO and check for themselves, and must be
// able to build their chains through it (RFC 4035 §4.6, §4.9): keys, delegation signers and denials.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { KeyFlag, SigningKey } from '../../src/dnssec/signer/signing-key.ts'
import { createTestCa } from '../support/certificates.ts'
import { dig } from '../support/dig.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { ConfigFile, Dotward } from '../support/dotward.ts'
import { freePort, runProgram, startProgram } from '../support/processes.ts'
import { SignedUpstreams, zoneOf } from '../support/signed-upstream.ts'

const ECDSA = 13

/** Its DNSKEY records fill more than a datagram. */
const manyKeys = [
  new SigningKey({ algorithm: ECDSA, flags: KeyFlag.Zone | KeyFlag.EntryPoint }),
  ...Array.from({ length: 15 }, () => new SigningKey({ algorithm: ECDSA })),
]

function worldWithManyKeys(): SignedUpstreams {
  const www = 'www A 192.0.2.1\n*.wild A 192.0.2.2\nfar CNAME www.large.example.\n'
  const secure = zoneOf({ origin: 'secure.example.', text: www })
  const large = zoneOf({ origin: 'large.example.', text: www, keys: manyKeys })
  const expired = zoneOf({ origin: 'expired.example.', text: www, from: -10, until: -2 })
  const unsigned = zoneOf({ origin: 'unsigned.example.', text: www, keys: [] })
  const example = zoneOf({
    origin: 'example.',
    text: 'ns A 192.0.2.53\nsecure NS ns\nlarge NS ns\nexpired NS ns\nunsigned NS ns\n',
    children: [secure, large, expired],
  })
  const root = zoneOf({ origin: '.', text: 'example. NS ns.example.\n', children: [example] })
  return new SignedUpstreams([root, example, secure, large, expired, unsigned])
}

const Found = { Secure: 'secure', Insecure: 'insecure', Bogus: 'bogus' } as const
type Found = (typeof Found)[keyof typeof Found]

interface Question {
  readonly name: string
  readonly type: string
  readonly status: string
  readonly found: Found
}

const ask = (name: string, type: string, status: string, found: Found): Question => ({
  name,
  type,
  status,
  found,
})

const QUESTIONS: readonly Question[] = [
  ask('www.secure.example', 'A', 'NOERROR', Found.Secure),
  ask('wWw.Secure.EXAMPLE', 'A', 'NOERROR', Found.Secure),
  ask('a.b.wild.secure.example', 'A', 'NOERROR', Found.Secure),
  ask('far.secure.example', 'A', 'NOERROR', Found.Secure),
  ask('none.secure.example', 'A', 'NXDOMAIN', Found.Secure),
  ask('www.secure.example', 'AAAA', 'NOERROR', Found.Secure),
  ask('wild.secure.example', 'A', 'NOERROR', Found.Secure),
  ask('secure.example', 'DS', 'NOERROR', Found.Secure),
  ask('unsigned.example', 'DS', 'NOERROR', Found.Secure),
  ask('large.example', 'DNSKEY', 'NOERROR', Found.Secure),
  ask('www.large.example', 'A', 'NOERROR', Found.Secure),
  ask('www.unsigned.example', 'A', 'NOERROR', Found.Insecure),
  ask('none.unsigned.example', 'A', 'NXDOMAIN', Found.Insecure),
  ask('www.expired.example', 'A', 'SERVFAIL', Found.Bogus),
]

suite('who validates behind a proxy that validates', () => {
  const running = new AsyncDisposableStack()
  const files = running.use(new ConfigFile(''))
  const world = worldWithManyKeys()
  const trustAnchors = join(files.dir, 'root.key')
  let proxy: Dotward
  before(async () => {
    const ca = running.use(createTestCa())
    const upstream = running.use(await world.start(ca.issue({ names: [TLS_NAME] })))
    writeFileSync(trustAnchors, world.anchors)
    proxy = running.use(
      await Dotward.start({
        upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)],
        dnssec: { mode: 'validate', trustAnchors },
      }),
    )
  })
  after(() => running.disposeAsync())

  test('gets keys that fill more than a datagram over TCP, and TC before (RFC 6891 §6.2.3)', async () => {
    const at = { host: '127.0.0.1', port: proxy.port }
    const cut = await dig(at, 'large.example', 'DNSKEY', '+dnssec', '+ignore', '+bufsize=4096')
    assert.ok(cut.flags.includes('tc'))
    assert.ok(cut.size <= 1232)
    const whole = await dig(at, 'large.example', 'DNSKEY', '+dnssec')
    assert.equal(whole.answer.filter(({ type }) => type === 'DNSKEY').length, manyKeys.length)
    assert.ok(whole.answer.some(({ type }) => type === 'RRSIG'))
    assert.ok(whole.flags.includes('ad'))
  })

  test('is delv (BIND), which proves each answer for itself', async () => {
    const anchor = join(files.dir, 'delv.key')
    const [, tag, algorithm, digestType, digest] = /DS (\d+) (\d+) (\d+) (\S+)/.exec(world.anchors)!
    const ds = `. static-ds ${tag} ${algorithm} ${digestType} "${digest}";`
    writeFileSync(anchor, `trust-anchors { ${ds} };\n`)
    const options = ['-a', anchor, '+root=.', '@127.0.0.1', '-p', `${proxy.port}`]
    for (const { name, type, status, found } of QUESTIONS) {
      const { output } = await runProgram('delv', [...options, name, type])
      const said = `${name} ${type}\n${output}`
      if (found === Found.Secure)
        assert.match(output, /^; (?:negative response, )?fully valid/m, said)
      if (found === Found.Insecure)
        assert.match(output, /^; (?:negative response, )?unsigned/m, said)
      if (found === Found.Bogus) assert.match(output, /^;; resolution failed: failure/m, said)
      assert.equal(/ncache nxdomain/.test(output), status === 'NXDOMAIN', said)
    }
  })

  test('is Unbound, which forwards to it and finds what it found', async () => {
    const port = await freePort()
    const config = join(files.dir, 'unbound.conf')
    writeFileSync(config, unboundConfig(port, trustAnchors, proxy.port))
    await using unbound = startProgram('unbound', ['-d', '-p', '-c', config])
    const behind = { host: '127.0.0.1', port }
    await unbound.until('it answered', async () => {
      const args = [
        '@127.0.0.1',
        '-p',
        `${port}`,
        '+time=1',
        '+tries=1',
        'version.server',
        'CH',
        'TXT',
      ]
      return (await runProgram('dig', args)).output.includes('->>HEADER<<-')
    })
    for (const server of [behind, { host: '127.0.0.1', port: proxy.port }]) {
      for (const { name, type, status, found } of QUESTIONS) {
        const answer = await dig(server, name, type)
        assert.equal(answer.status, status, `${name} ${type}\n${answer.output}`)
        assert.equal(answer.flags.includes('ad'), found === Found.Secure, answer.output)
      }
    }
  })
})

function unboundConfig(port: number, anchors: string, forwardTo: number): string {
  return `
    server:
      interface: 127.0.0.1@${port}
      username: ""
      chroot: ""
      pidfile: ""
      use-syslog: no
      module-config: "validator iterator"
      trust-anchor-file: ${anchors}
      do-not-query-localhost: no
    remote-control:
      control-enable: no
    forward-zone:
      name: "."
      forward-addr: 127.0.0.1@${forwardTo}
  `
}
