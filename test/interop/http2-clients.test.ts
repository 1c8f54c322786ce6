// Our HTTP/2 against implementations that are not ours: nghttp2's tools, dnsperf, and Node's client.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { DotServer } from '../support/dot-server.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'
import { freePort, runProgram } from '../support/processes.ts'

const ADDRESS = '192.0.2.1'
const running = new AsyncDisposableStack()
const dir = mkdtempSync(join(tmpdir(), 'dotward-http2-'))
let caPem: string
let port: number

before(async () => {
  running.defer(() => rmSync(dir, { recursive: true }))
  const ca = running.use(createTestCa())
  caPem = ca.caPem
  const certificate = ca.issue({ names: ['localhost'], ips: ['127.0.0.1'] })
  const upstream = running.use(
    await DotServer.start({
      certificate: ca.issue({ names: ['dot.example.org'] }),
      react: (query) => query.answer({ address: [192, 0, 2, 1] }),
    }),
  )
  const address = '127.0.0.1'
  const tls = { certificate: certificate.certPath, key: certificate.keyPath }
  const plainPort = await freePort()
  port = await freePort()
  running.use(
    await Dotward.start(
      {
        upstreams: [{ address, port: upstream.port, tlsName: 'dot.example.org', ca: ca.caPath }],
        listeners: [
          { address, port: plainPort },
          { address, port, protocols: ['https'], tls },
        ],
      },
      { port: plainPort },
    ),
  )
})
after(() => running.disposeAsync())

const uri = (label: string): string => {
  const query = makeQuery(`${label}.bench.example`, { id: 0 })
  return `https://127.0.0.1:${port}/dns-query?dns=${query.toString('base64url')}`
}

suite('nghttp2', () => {
  for (const [how, ...args] of [
    ['as it comes'],
    ['with padding', '--padding=200'],
    ['with the smallest windows', '--window-bits=1', '--connection-window-bits=1'],
    ['without a table for fields', '--header-table-size=0'],
  ] as const) {
    test(`nghttp, ${how}, gets its answers`, async () => {
      const uris = ['a', 'b', 'a', 'c'].map((label) => uri(`${label}-nghttp`))
      const { output } = await runProgram('nghttp', ['--stat', '--null-out', ...args, ...uris])
      assert.equal(output.match(/ 200 +\d+ /g)?.length, 3, output)
    })
  }

  test('h2load has thousands of requests answered, all with 200', async () => {
    const file = join(dir, 'uris')
    writeFileSync(file, Array.from({ length: 50 }, (_, i) => uri(`h2load-${i}`)).join('\n'))
    const args = ['-n', '3000', '-c', '7', '-m', '40', '-i', file]
    const { output } = await runProgram('h2load', args)
    assert.match(output, /3000 succeeded, 0 failed, 0 errored, 0 timeout/)
    assert.match(output, /status codes: 3000 2xx/)
  })
})

suite('dnsperf', () => {
  for (const method of ['GET', 'POST']) {
    test(`-m doh with ${method} loses nothing`, async () => {
      const file = join(dir, 'names')
      writeFileSync(file, Array.from({ length: 20 }, (_, i) => `d${i}.bench.example A`).join('\n'))
      // One at a time: of answers that come together in a TLS record it takes but the first.
      const args = ['-m', 'doh', '-s', '127.0.0.1', '-p', String(port), '-d', file, '-n', '2']
      const options = ['-O', `doh-method=${method}`, '-O', 'doh-uri=https://localhost/dns-query']
      const { output } = await runProgram('dnsperf', [...args, '-c', '1', '-q', '1', ...options])
      assert.match(output, /NOERROR 40 \(100\.00%\)/)
    })
  }
})

test("Node's client gets each answer on its stream, GET and POST", async () => {
  const session = connect(`https://127.0.0.1:${port}`, { ca: caPem })
  const labels = Array.from({ length: 100 }, (_, i) => `node-${i % 30}`)
  const answers = labels.map(async (label, i) => {
    const query = makeQuery(`${label}.bench.example`, { id: i })
    const request = session.request(
      i % 2 === 0
        ? { ':path': `/dns-query?dns=${query.toString('base64url')}` }
        : { ':path': '/dns-query', ':method': 'POST', 'content-type': 'application/dns-message' },
    )
    request.end(i % 2 === 0 ? undefined : query)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    const [head] = await once(request, 'response')
    await once(request, 'end')
    assert.equal(head[':status'], 200)
    assert.match(String(head['cache-control']), /^max-age=\d+$/)
    const answer = readAnswer(Buffer.concat(chunks))
    assert.equal(answer.id, i)
    assert.deepEqual(addressesIn(answer), [ADDRESS])
    assert.equal(Number(head['content-length']), Buffer.concat(chunks).length)
  })
  await Promise.all(answers)
  session.close()
})
