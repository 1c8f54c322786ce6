// DNS over HTTPS (RFC 8484) with the clients that people use: kdig, curl, fetch, Chromium.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createTestCa, type TestCa, type TestCertificate } from '../support/certificates.ts'
import { type DigAnswer, kdig } from '../support/dig.ts'
import { DotServer, type ServedQuery } from '../support/dot-server.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, readAnswer, Type } from '../support/messages.ts'
import { freePort, runProgram } from '../support/processes.ts'

/** The name of the proxy, and one of a page that no resolver but ours has heard of. */
const NAME = 'dns.example.org'
const PAGE_NAME = 'page.bench.example'
const PAGE = 'nobody else knows this page'

const running = new AsyncDisposableStack()
let ca: TestCa
let certificate: TestCertificate
let pages: Server
let proxy: Dotward
let plainPort: number
let httpsPort: number
let dotPort: number

/** Every name has the address of the page, and nothing else. */
function react(query: ServedQuery): void {
  if (query.message[12 + query.question.length - 3] === Type.A) {
    query.answer({ address: [127, 0, 0, 1] })
    return
  }
  const nothing = Buffer.alloc(12)
  nothing.writeUInt16BE(query.id, 0)
  nothing.writeUInt16BE(0x8180, 2)
  nothing.writeUInt16BE(1, 4)
  query.connection.sendMessage(Buffer.concat([nothing, query.question]))
}

before(async () => {
  ca = running.use(createTestCa())
  certificate = ca.issue({ names: [NAME], ips: ['127.0.0.1'] })
  const upstream = running.use(
    await DotServer.start({ certificate: ca.issue({ names: ['dot.example.org'] }), react }),
  )
  pages = createServer((request, response) => {
    response.end(request.headers.host?.startsWith(PAGE_NAME) === true ? PAGE : 'another')
  })
  await new Promise<void>((resolve) => {
    pages.listen(0, '127.0.0.1', resolve)
  })
  running.defer(() => void pages.close())
  ;[plainPort, httpsPort, dotPort] = [await freePort(), await freePort(), await freePort()]
  const address = '127.0.0.1'
  const tls = { certificate: certificate.certPath, key: certificate.keyPath }
  proxy = running.use(
    await Dotward.start(
      {
        upstreams: [{ address, port: upstream.port, tlsName: 'dot.example.org', ca: ca.caPath }],
        listeners: [
          { address, port: plainPort },
          { address, port: dotPort, protocols: ['tls'], tls, discovery: NAME },
          { address, port: httpsPort, protocols: ['https'], tls, discovery: NAME },
        ],
      },
      { port: plainPort },
    ),
  )
})
after(() => running.disposeAsync())

const url = (): string => `https://127.0.0.1:${httpsPort}/dns-query`
const query = makeQuery('www.example.org', { id: 0 })

suite('kdig', () => {
  for (const method of ['+https', '+https-get']) {
    test(`${method} is answered, over HTTP/2`, async () => {
      const tls = [`+tls-ca=${ca.caPath}`, `+tls-hostname=${NAME}`]
      const server = { host: '127.0.0.1', port: httpsPort }
      const { status, answer, output } = await kdig(server, method, ...tls, 'www.example.org')
      assert.equal(status, 'NOERROR', output)
      assert.deepEqual(
        answer.map(({ data }) => data),
        ['127.0.0.1'],
      )
    })
  }
})

suite('curl', () => {
  /** @returns headers and the answer */
  async function ask(...args: string[]): Promise<{ head: string; addresses: string[] }> {
    const folder = mkdtempSync(join(tmpdir(), 'dotward-curl-'))
    try {
      const file = join(folder, 'query')
      writeFileSync(file, query)
      const post = ['-H', 'content-type: application/dns-message', '--data-binary', `@${file}`]
      const how = args.includes('GET') ? args.filter((arg) => arg !== 'GET') : [...args, ...post]
      const common = ['-sS', '--cacert', ca.caPath, '-D', '-', '-o', join(folder, 'answer')]
      const { output } = await runProgram('curl', [...common, ...how])
      const answer = readAnswer(readFileSync(join(folder, 'answer')))
      assert.equal(answer.id, 0)
      return { head: output, addresses: addressesIn(answer) }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  for (const version of ['--http1.1', '--http2']) {
    test(`${version} gets the answer of a POST and a GET`, async () => {
      const get = `${url()}?dns=${query.toString('base64url')}`
      for (const args of [[url()], ['GET', get], [url(), '-H', 'transfer-encoding: chunked']]) {
        if (version === '--http2' && args.length > 2) continue
        const { head, addresses } = await ask(version, ...args)
        assert.match(head, version === '--http2' ? /^HTTP\/2 200/ : /^HTTP\/1.1 200/)
        assert.match(head, /^content-type: application\/dns-message\r$/m)
        assert.match(head, /^cache-control: max-age=3[56]\d\d\r$/m)
        assert.deepEqual(addresses, ['127.0.0.1'])
      }
    })

    test(`${version} is told what is wrong, and how to mend it`, async () => {
      const args = ['-sS', '--cacert', ca.caPath, '-w', '%{http_code}', version]
      const missing = await runProgram('curl', [...args, url()])
      assert.match(missing.output, /^No DNS query: add \?dns= .*\n400$/)
      const nowhere = await runProgram('curl', [...args, `${url()}/../x`, '--path-as-is'])
      assert.match(nowhere.output, /\n404$/)
      const options = await runProgram('curl', [...args, '-X', 'DELETE', '-i', url()])
      assert.match(options.output, /^allow: GET, POST\r$/m)
    })
  }

  test('--doh-url finds a page by a name that only our upstream knows', async () => {
    const { port } = pages.address() as { port: number }
    const args = ['-sS', '--cacert', ca.caPath, '--doh-url', url()]
    const { output } = await runProgram('curl', [...args, `http://${PAGE_NAME}:${port}/`])
    assert.equal(output, PAGE)
  })
})

test('fetch of Node.js gets the answer of a GET', async () => {
  const script =
    'const r = await fetch(process.argv[1]); process.stdout.write(JSON.stringify([r.status, r.headers.get("content-type"), Buffer.from(await r.arrayBuffer()).toString("hex")]))'
  const target = `${url()}?dns=${query.toString('base64url')}`
  const env = { NODE_EXTRA_CA_CERTS: ca.caPath }
  const args = ['--input-type=module', '-e', script, target]
  const { output } = await runProgram(process.execPath, args, { env })
  const [status, type, answer] = JSON.parse(output) as [number, string, string]
  assert.deepEqual([status, type], [200, 'application/dns-message'])
  assert.deepEqual(addressesIn(readAnswer(Buffer.from(answer, 'hex'))), ['127.0.0.1'])
})

suite('a client without encryption finds the doors with it (RFC 9462)', () => {
  const ask = (name: string, type: string): Promise<DigAnswer> =>
    kdig({ host: '127.0.0.1', port: plainPort }, name, type)

  for (const name of ['_dns.resolver.arpa', `_dns.${NAME}`]) {
    test(`by ${name}`, async () => {
      const { status, answer, additional } = await ask(name, 'SVCB')
      assert.equal(status, 'NOERROR')
      const [dot, doh] = answer.map(({ data }) => data)
      const hint = 'ipv4hint=127.0.0.1'
      assert.equal(dot, `1 ${NAME}. alpn=dot port=${dotPort} ${hint}`)
      assert.match(doh!, new RegExp(`^2 ${NAME}\\. alpn=(h2,)?http/1.1 port=${httpsPort} ${hint} `))
      // kdig of Debian 12 knows the key by its number alone.
      assert.match(doh!, /(dohpath|key7)="?\/dns-query\{\?dns\}"?$/)
      assert.deepEqual(
        additional.map(({ type, data }) => [type, data]),
        [['A', '127.0.0.1']],
      )
    })
  }

  test('and nothing else under resolver.arpa', async () => {
    const { status, answer, authority } = await ask('www.resolver.arpa', 'A')
    assert.deepEqual([status, answer.length, authority[0]!.type], ['NOERROR', 0, 'SOA'])
  })
})

suite('Chromium', () => {
  test('set to use our DoH and no other resolver, loads a page that only we can find', async () => {
    const asked = (await proxy.counters())('queries{transport="https"}')
    const folder = mkdtempSync(join(tmpdir(), 'dotward-chromium-'))
    try {
      const dns = { mode: 'secure', templates: `https://127.0.0.1:${httpsPort}/dns-query{?dns}` }
      writeFileSync(join(folder, 'Local State'), JSON.stringify({ dns_over_https: dns }))
      const { port } = pages.address() as { port: number }
      const args = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        `--user-data-dir=${folder}`,
        `--ignore-certificate-errors-spki-list=${certificate.spkiPin}`,
        '--dump-dom',
        `http://${PAGE_NAME}:${port}/`,
      ]
      const { output } = await runProgram('chromium', args, {
        env: { HOME: folder },
        timeoutMs: 60_000,
      })
      assert.ok(output.includes(PAGE), output)
      assert.ok((await proxy.counters())('queries{transport="https"}') > asked)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
