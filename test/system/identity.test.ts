// Who upstreams are to us, and who we are to them, with the program as it runs.

import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { createTestCa, type TestCa, type TestCertificate } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { Dotward } from '../support/dotward.ts'
import { makeHostAnswer } from '../support/host-records.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'
import { PlainServer } from '../support/plain-server.ts'
import { freePort } from '../support/processes.ts'

let ca: TestCa
before(() => {
  ca = createTestCa()
})
after(() => ca[Symbol.dispose]())

/** A question that no cache can answer. */
async function ask(proxy: Dotward, number: number): Promise<string[]> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  const answer = await client.ask(makeQuery(`q${number}.example.org`), 5_000)
  assert.ok(answer !== null, 'a query was lost')
  return addressesIn(readAnswer(answer))
}

function install({ certPath, keyPath }: TestCertificate): void {
  copyFileSync(certPath, join(ca.dir, 'client.pem'))
  copyFileSync(keyPath, join(ca.dir, 'client.key'))
}

test('shows a renewed client certificate without a restart, and loses no query', async () => {
  const client = () => ca.issue({ names: ['client.example.org'], clientAuth: true })
  const [first, second] = [client(), client()]
  const shown: string[] = []
  await using server = await DotServer.start({
    certificate: ca.issue({ names: [DOT_NAME] }),
    tls: { requestCert: true, rejectUnauthorized: true, ca: ca.caPem },
    react: (query) => {
      const socket = query.connection.socket as TLSSocket
      shown.push(socket.getPeerX509Certificate()?.serialNumber ?? 'none')
      query.answer()
    },
  })
  install(first)
  await using proxy = await Dotward.start({
    upstreams: [
      {
        address: '127.0.0.1',
        port: server.port,
        tlsName: DOT_NAME,
        ca: ca.caPath,
        clientCertificate: join(ca.dir, 'client.pem'),
        clientKey: join(ca.dir, 'client.key'),
      },
    ],
  })
  let number = 0
  assert.deepEqual(await ask(proxy, number++), ['192.0.2.1'])
  assert.equal(new Set(shown).size, 1)

  install(second)
  await proxy.program.printed(/certificates, keys, anchors or ranges are new/)
  await proxy.program.until('the new certificate is shown', async () => {
    assert.deepEqual(await ask(proxy, number++), ['192.0.2.1'])
    return new Set(shown).size === 2
  })
})

test('asks an upstream by its host name, found through bootstrap servers of which one is dead', async () => {
  await using server = await DotServer.start({ certificate: ca.issue({ names: [DOT_NAME] }) })
  await using resolver = await PlainServer.start({
    onUdp: (query) => {
      const { id, question } = query.served
      query.send(makeHostAnswer(id, question, [{ address: '127.0.0.1' }]))
    },
  })
  await using proxy = await Dotward.start({
    upstreams: [{ address: DOT_NAME, port: server.port, ca: ca.caPath }],
    bootstrap: { servers: [`127.0.0.1:${await freePort()}`, `127.0.0.1:${resolver.port}`] },
  })
  assert.deepEqual(await ask(proxy, 0), ['192.0.2.1'])
})

test('says for certain what is wrong with a certificate', async () => {
  const certificate = ca.issue({ names: [DOT_NAME], expired: true })
  await using server = await DotServer.start({ certificate })
  await using proxy = await Dotward.start({
    upstreams: [{ address: '127.0.0.1', port: server.port, tlsName: DOT_NAME, ca: ca.caPath }],
  })
  assert.deepEqual(await ask(proxy, 0), [])
  await proxy.program.printed(/certificate for dot\.example\.org expired on 2021-01-01/)
})
