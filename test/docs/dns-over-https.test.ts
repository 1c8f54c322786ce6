// Everything that docs/dns-over-https.md shows, done: its names lead to a proxy on loopback.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { parseConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { Refusal } from '../../src/listen/https/refusal.ts'
import { Discovery } from '../../src/pipeline/discovery.ts'
import { Bench, queryOf } from '../../src/pipeline/testing.ts'
import { formatRecord } from '../../src/wire/text/message-text.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { writeDocumentedFiles } from '../support/documented-files.ts'
import { DotServer } from '../support/dot-server.ts'
import { Dotward } from '../support/dotward.ts'
import { freePort, requireTool, runProgram } from '../support/processes.ts'

const text = readFileSync(new URL('../../docs/dns-over-https.md', import.meta.url), 'utf8')
const NAME = 'dns.example.org'

function blocks(language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!)
}

const running = new AsyncDisposableStack()
const folder = mkdtempSync(join(tmpdir(), 'dotward-docs-'))
let ca: TestCa
let plainPort: number
let httpsPort: number
let pagePort: number

before(async () => {
  running.defer(() => rmSync(folder, { recursive: true }))
  ca = running.use(createTestCa())
  const upstream = running.use(
    await DotServer.start({
      certificate: ca.issue({ names: ['dot.example.org'] }),
      react: (query) => query.answer({ address: [127, 0, 0, 1] }),
    }),
  )
  const pages = createServer((_request, response) => response.end('the page'))
  await new Promise<void>((resolve) => {
    pages.listen(0, '127.0.0.1', resolve)
  })
  running.defer(() => void pages.close())
  pagePort = (pages.address() as { port: number }).port
  ;[plainPort, httpsPort] = [await freePort(), await freePort()]
  const { certPath: certificate, keyPath: key } = ca.issue({ names: [NAME] })
  const address = '127.0.0.1'
  const https = { protocols: ['https'], tls: { certificate, key }, discovery: NAME }
  const config = {
    upstreams: [{ address, port: upstream.port, tlsName: 'dot.example.org', ca: ca.caPath }],
    listeners: [
      { address, port: plainPort },
      { address, port: httpsPort, ...https },
    ],
  }
  running.use(await Dotward.start(config, { port: plainPort }))
})
after(() => running.disposeAsync())

/** Runs a line, with tools that know where its servers really are. */
function run(line: string): Promise<{ code: number | null; output: string }> {
  const script = `
    curl() { ${requireTool('curl')} -sS --ipv4 --cacert ${ca.caPath} \\
      --connect-to :80::${pagePort} --resolve ${NAME}:${httpsPort}:127.0.0.1 "$@"; }
    kdig() {
      local port=${plainPort} tls=(); [[ $1 == @${NAME} ]] && port=${httpsPort} \\
        tls=(+tls-ca=${ca.caPath} +tls-hostname=${NAME})
      ${requireTool('kdig')} @127.0.0.1 -p $port "\${tls[@]}" "\${@:2}"; }
    ${line.replace(`https://${NAME}/`, `https://${NAME}:${httpsPort}/`)}`
  return runProgram('bash', ['-c', script], { cwd: folder })
}

suite('docs/dns-over-https.md', () => {
  test('has a configuration that loads', () => {
    writeDocumentedFiles(folder)
    const [yaml] = blocks('yaml')
    const file = join(folder, 'dotward.yaml')
    const loaded = parseConfig({ text: yaml!, file, environment: {} })
    assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
  })

  for (const line of blocks('sh').flatMap((block) => block.trim().split('\n'))) {
    test(line, async () => {
      const { code, output } = await run(line)
      assert.equal(code, 0, output)
      if (line.includes('resolver.arpa')) assert.match(output, /SVCB\s+1 dns\.example\.org\./)
      else if (line.startsWith('kdig')) assert.match(output, /\s127\.0\.0\.1\n/)
      else if (line.includes('--doh-url')) assert.equal(output, 'the page')
      else assert.deepEqual([...readFileSync(join(folder, 'answer')).subarray(-4)], [127, 0, 0, 1])
    })
  }

  test('shows the answer that such a listener gives', () => {
    const [record] = blocks('')
    const discovery = new Discovery([
      {
        name: NAME,
        alpn: ['h2', 'http/1.1'],
        port: 443,
        path: '/dns-query',
        addresses: ['192.0.2.53'],
      },
    ])
    const { udp } = new Bench({ localAnswers: discovery })
    const { answers } = udp.ask(queryOf({ name: '_dns.resolver.arpa', type: RecordType.SVCB }))
    assert.deepEqual([record!.trim()], answers.map(formatRecord))
  })

  test('names every status that there is', () => {
    const rows = [...text.matchAll(/^\| (\d{3}) \|/gm)].map((match) => Number(match[1]))
    const statuses = Object.values(Refusal).map(({ status }) => status)
    assert.deepEqual(
      rows,
      [...new Set<number>(statuses)].sort((a, b) => a - b),
    )
  })
})
