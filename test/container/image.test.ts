// The Dockerfile: built by buildah on base images made here, run without root, asked with dig.

import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTestCa } from '../support/certificates.ts'
import { dig } from '../support/dig.ts'
import { DotServer } from '../support/dot-server.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { freePort, requireTool, runProgram, startProgram } from '../support/processes.ts'
import { copyNode, copyPackages } from '../support/rootfs.ts'

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))
const BUILD_WITHIN_MS = 180_000
const USER = 65_532

const work = mkdtempSync(join(tmpdir(), 'dotward-image-'))
after(() => rmSync(work, { recursive: true, force: true }))

/** Storage of our own, so that nothing is left on the machine. */
const STORAGE = [
  '--root',
  join(work, 'storage'),
  '--runroot',
  join(work, 'run'),
  '--storage-driver',
  'vfs',
]

async function buildah(...args: string[]): Promise<string> {
  const options = { timeoutMs: BUILD_WITHIN_MS }
  const { code, output } = await runProgram('buildah', [...STORAGE, ...args], options)
  assert.equal(code, 0, output)
  return output.trim()
}

function build(tag: string, context: string, ...args: string[]): Promise<string> {
  const flags = ['--isolation', 'chroot', '--pull-never', '--quiet', '-t', tag]
  return buildah('bud', ...flags, ...args, context)
}

/** The stage that builds: a compiler, Node.js and npm. */
async function buildStageImage(): Promise<void> {
  const root = join(work, 'build-root')
  await copyPackages(root, ['dash', 'coreutils', 'gcc', 'libc6-dev'])
  copyNode(root)
  if (!existsSync(join(root, 'bin/sh'))) symlinkSync('dash', join(root, 'bin/sh'))
  mkdirSync(join(root, 'tmp'), { mode: 0o1777 })
  const environment = ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/tmp']
  const authorities = process.env['NODE_EXTRA_CA_CERTS'] ?? '/etc/ssl/certs/ca-certificates.crt'
  if (existsSync(authorities)) {
    cpSync(authorities, join(root, 'etc/extra-ca.crt'), { dereference: true })
    environment.push('NODE_EXTRA_CA_CERTS=/etc/extra-ca.crt')
  }
  environment.push(`npm_config_registry=${await npmSetting('registry')}`)
  environment.push('npm_config_cache=/npm-cache')
  const env = environment.map((variable) => `ENV ${variable}\n`).join('')
  writeFileSync(join(work, 'Build.dockerfile'), `FROM scratch\nCOPY . /\n${env}`)
  await build('base-build', root, '-f', join(work, 'Build.dockerfile'))
  rmSync(root, { recursive: true })
}

/** npm inside shall ask where npm outside asks. */
async function npmSetting(name: string): Promise<string> {
  const { output } = await runProgram('npm', ['config', 'get', name], { cwd: tmpdir() })
  // Warnings come behind.
  return output.split('\n')[0]!
}

/** The stage that runs: the C and C++ libraries, and nothing else. */
async function runtimeImage(): Promise<void> {
  const root = join(work, 'runtime-root')
  await copyPackages(root, ['libstdc++6', 'libc6'])
  writeFileSync(join(work, 'Runtime.dockerfile'), 'FROM scratch\nCOPY . /\n')
  await build('base-runtime', root, '-f', join(work, 'Runtime.dockerfile'))
  rmSync(root, { recursive: true })
}

interface ImageConfig {
  readonly User: string
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly ExposedPorts: Readonly<Record<string, unknown>>
}

let config: ImageConfig
let files: string

before(makeImage, { timeout: BUILD_WITHIN_MS })

async function makeImage(): Promise<void> {
  requireTool('buildah')
  await buildStageImage()
  await runtimeImage()
  const bases = ['BUILD_IMAGE=base-build', 'RUNTIME_IMAGE=base-runtime']
  const args = bases.flatMap((base) => ['--build-arg', base])
  const cache = `${await npmSetting('cache')}:/npm-cache`
  await build('dotward', REPOSITORY, ...args, '--volume', cache)
  const inspected = JSON.parse(await buildah('inspect', '--type', 'image', 'dotward'))
  config = inspected.OCIv1.config
  await buildah('from', '--pull-never', '--name', 'running', 'dotward')
  files = await buildah('mount', 'running')
}

test('the image runs as a numbered user that is not root, and exposes port 53', () => {
  assert.equal(config.User, `${USER}:${USER}`)
  assert.deepEqual(Object.keys(config.ExposedPorts).sort(), ['53/tcp', '53/udp'])
})

test('the image holds no npm, no compiler, no sources, no tests; the addon is built', () => {
  assert.deepEqual(readdirSync(join(files, 'usr/local/bin')), ['node'])
  assert.deepEqual(readdirSync(join(files, 'usr/bin')), [])
  assert.deepEqual(readdirSync(join(files, 'app')).sort(), [
    'LICENSE',
    'dist',
    'native',
    'node_modules',
    'package.json',
  ])
  const manifest = JSON.parse(readFileSync(join(files, 'app/package.json'), 'utf8'))
  const isThere = (name: string) => existsSync(join(files, 'app/node_modules', name))
  for (const name of Object.keys(manifest.dependencies)) assert.ok(isThere(name), name)
  for (const name of Object.keys(manifest.devDependencies)) assert.ok(!isThere(name), name)
  assert.ok(existsSync(join(files, 'app/native/udp_batch.node')))
})

test('the image has a folder of its user for what is to be kept', () => {
  const { uid, gid } = statSync(join(files, 'var/lib/dotward'))
  assert.deepEqual([uid, gid], [USER, USER])
})

test('the container answers by DNS_SERVER, DNS_PORT, LISTEN_ADDR and LISTEN_PORT, and stops at SIGTERM', async () => {
  using ca = createTestCa()
  await using server = await DotServer.start({ certificate: ca.issue({ names: [DOT_NAME] }) })
  const port = await freePort()
  const environment = {
    DNS_SERVER: `127.0.0.1#${DOT_NAME}`,
    DOTWARD_DNSSEC__MODE: 'passthrough',
    // Whether it can be written is looked at whatever the mode.
    DOTWARD_DNSSEC__ANCHOR_STATE: '/var/lib/dotward/anchors',
    DNS_PORT: `${server.port}`,
    LISTEN_ADDR: '127.0.0.1',
    LISTEN_PORT: `${port}`,
    NODE_EXTRA_CA_CERTS: '/ca.crt',
  }
  const variables = Object.entries(environment).flatMap(([name, value]) => [
    '--env',
    `${name}=${value}`,
  ])
  const volume = ['--volume', `${ca.caPath}:/ca.crt:ro`]
  const flags = [...STORAGE, 'run', '--isolation', 'chroot', ...variables, ...volume]
  const command = [...config.Entrypoint, ...config.Cmd]
  await using started = new AsyncDisposableStack()
  const program = started.use(startProgram('buildah', [...flags, 'running', '--', ...command]))
  // When the test fails: the end of buildah is not the end of what it runs.
  started.defer(() => {
    if (existsSync(`/proc/${program.pid}`)) process.kill(processOf(program.pid), 'SIGKILL')
  })
  const at = { host: '127.0.0.1', port }
  await program.until(
    'it answered',
    async () => (await dig(at, 'a.example.org', '+time=1')).status === 'NOERROR',
  )
  for (const transport of ['+notcp', '+tcp']) {
    const { answer } = await dig(at, 'b.example.org', 'A', transport)
    assert.deepEqual(
      answer.map((record) => record.data),
      ['192.0.2.1'],
    )
  }
  const pid = processOf(program.pid)
  const uids = /^Uid:\s+(.+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  assert.equal(uids, `${USER}\t${USER}\t${USER}\t${USER}`)
  process.kill(pid, 'SIGTERM')
  const { code, output } = await program.exited
  assert.equal(code, 0, output)
  assert.doesNotMatch(output, /batch/i, 'the addon is in use')
})

/** The process id of Node.js, at the end of the line of children that buildah has. */
function processOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const children = threads.map((id) => readFileSync(`/proc/${pid}/task/${id}/children`, 'utf8'))
  const child = /\d+/.exec(children.join(' '))
  return child === null ? pid : processOf(Number(child[0]))
}
