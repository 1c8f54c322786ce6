// Behind the proxies that people run, which tell by the PROXY protocol for whom they ask.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { TcpClient, UdpClient } from '../support/clients.ts'
import { DoorClient } from '../support/door-client.ts'
import { Dotward } from '../support/dotward.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { DotServer } from '../support/dot-server.ts'
import { serverFolder } from '../support/dot-upstreams/dot-upstream.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'
import { freePort, startProgram } from '../support/processes.ts'

const PROXY = '127.0.0.1'
const FRIEND = '127.0.0.2'
const STRANGER = '127.0.0.3'
const running = new AsyncDisposableStack()
let ca: TestCa
let proxy: Dotward
let doors: { readonly plain: number; readonly tls: number }
let folder: string

before(async () => {
  ca = running.use(createTestCa())
  folder = running.use(serverFolder()).path
  const certificate = ca.issue({ names: [DOT_NAME] })
  const upstream = running.use(await DotServer.start({ certificate }))
  const { certPath, keyPath } = certificate
  doors = { plain: await freePort(), tls: await freePort() }
  const proxyProtocol = { from: [PROXY] }
  const open = await freePort()
  proxy = running.use(
    await Dotward.start(
      {
        workers: 2,
        upstreams: [
          { address: '127.0.0.1', port: upstream.port, tlsName: DOT_NAME, ca: ca.caPath },
        ],
        // The proxies themselves ask whether we live, and are told REFUSED.
        access: { allow: [FRIEND, '::1'], onDeny: 'refuse' },
        listeners: [
          { address: '127.0.0.1', port: open },
          { address: '127.0.0.1', port: doors.plain, proxyProtocol },
          {
            address: '127.0.0.1',
            port: doors.tls,
            protocols: ['tls'],
            tls: { certificate: certPath, key: keyPath },
            proxyProtocol,
          },
        ],
      },
      { port: open },
    ),
  )
})
after(() => running.disposeAsync())

async function isAnswered(host: string, port: number): Promise<boolean> {
  await using client = await UdpClient.open({ host, port, from: FRIEND })
  const answer = await client.ask(makeQuery('ready.example.org'), 500)
  return answer !== null && readAnswer(answer).rcode === Rcode.NoError
}

function assertServed(answer: Buffer | null): void {
  assert.ok(answer !== null, 'no answer')
  assert.deepEqual(addressesIn(readAnswer(answer)), ['192.0.2.1'])
}

describe('behind dnsdist', () => {
  let port: number
  before(async () => {
    port = await freePort()
    const path = join(folder, 'dnsdist.conf')
    const server = `address = '127.0.0.1:${doors.plain}', useProxyProtocol = true`
    writeFileSync(
      path,
      `setLocal('127.0.0.1:${port}')
      setACL('127.0.0.0/8')
      newServer({ ${server}, healthCheckMode = 'up' })
      setSecurityPollSuffix('')
      `,
    )
    const args = ['--supervised', '--disable-syslog', '-C', path]
    const dnsdist = running.use(startProgram('dnsdist', args))
    await dnsdist.until('it answered', () => isAnswered('127.0.0.1', port))
  })

  for (const [transport, clients] of [
    ['UDP', UdpClient],
    ['TCP', TcpClient],
  ] as const) {
    test(`friends are served over ${transport}, many at once, and strangers are not`, async () => {
      await using friend = await clients.open({ host: '127.0.0.1', port, from: FRIEND })
      for (let i = 0; i < 50; i++) {
        assertServed(await friend.ask(makeQuery(`${transport}${i}.example.org`, { id: i })))
      }
      await using stranger = await clients.open({ host: '127.0.0.1', port, from: STRANGER })
      const refused = await stranger.ask(makeQuery('UDP1.example.org'), 2_000)
      if (transport === 'UDP') assert.equal(readAnswer(refused!).rcode, Rcode.Refused)
      else assert.equal(refused, null)
    })
  }
})

describe('behind HAProxy', () => {
  const versions = ['send-proxy', 'send-proxy-v2', 'send-proxy-v2-ssl-cn'] as const
  const ports = new Map<string, number>()
  before(async () => {
    const parts = []
    for (const version of versions) {
      for (const [way, door] of Object.entries(doors)) {
        const port = await freePort()
        ports.set(`${version} ${way}`, port)
        parts.push(`listen ${version}-${way}
          bind 127.0.0.1:${port}
          server dotward 127.0.0.1:${door} ${version}`)
      }
    }
    const path = join(folder, 'haproxy.cfg')
    const times = 'timeout connect 5s\n timeout client 30s\n timeout server 30s'
    writeFileSync(path, `defaults\n mode tcp\n ${times}\n${parts.join('\n')}\n`)
    const haproxy = running.use(startProgram('haproxy', ['-db', '-f', path]))
    await haproxy.until('it answered', async () => {
      const client = await DoorClient.open({
        way: 'tcp',
        port: ports.get('send-proxy plain')!,
        from: FRIEND,
      })
      client?.[Symbol.dispose]()
      return client !== null
    })
  })

  for (const version of versions) {
    for (const [way, door] of [
      ['tcp', 'plain'],
      ['tls', 'tls'],
    ] as const) {
      test(`with ${version}, friends are served over ${way}, and strangers are not`, async () => {
        const port = ports.get(`${version} ${door}`)!
        using friend = (await DoorClient.open({ way, port, from: FRIEND }))!
        friend.send(
          ...Array.from({ length: 50 }, (_, id) => makeQuery(`h${id}.example.org`, { id })),
        )
        assert.ok(await friend.received(50))
        for (const answer of friend.answers) assertServed(answer)
        using stranger = await DoorClient.open({ way, port, from: STRANGER })
        stranger?.send(makeQuery('h1.example.org'))
        assert.equal((await stranger?.received(1)) ?? false, false)
      })
    }
  }
})

test('headers from anybody but the proxies are refused, and counted', async () => {
  const header = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x12\0\x0c', 'latin1')
  const forged = Buffer.concat([header, Buffer.from([127, 0, 0, 2, 127, 0, 0, 1, 0, 53, 0, 53])])
  const earlier = await proxy.counters()
  await using udp = await UdpClient.open({ host: '127.0.0.1', port: doors.plain, from: FRIEND })
  assert.equal(await udp.ask(Buffer.concat([forged, makeQuery('h1.example.org')]), 300), null)
  assert.equal(await udp.ask(makeQuery('h1.example.org'), 300), null)
  const tcp = await DoorClient.open({ way: 'tcp', port: doors.plain, from: FRIEND })
  tcp?.socket.write(forged)
  tcp?.send(makeQuery('h1.example.org'))
  assert.equal((await tcp?.received(1)) ?? false, false)
  const later = await proxy.counters()
  const added = (name: string): number => later(name) - earlier(name)
  assert.equal(added('proxy_refused{reason="not-a-proxy"}'), 2)
  assert.equal(added('connections_refused{reason="not-a-proxy"}'), 1)
})
