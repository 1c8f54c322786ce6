// What the install script does on machines that have all it needs, and on those that do not.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../../scripts/build-native.mjs', import.meta.url))

describe('scripts/build-native.mjs', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dotward-build-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  function build(output: string, env: NodeJS.ProcessEnv = process.env) {
    const run = spawnSync(process.execPath, [SCRIPT, '--output', join(folder, output)], {
      encoding: 'utf8',
      env,
    })
    return { ...run, built: existsSync(join(folder, output)) }
  }

  it('builds an addon that loads, without a word and without leavings', () => {
    const { status, stdout, stderr } = build('whole.node')
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
    const addon = createRequire(import.meta.url)(join(folder, 'whole.node')) as object
    assert.deepEqual(Object.keys(addon), ['open', 'flush', 'pause', 'resize', 'close'])
    assert.deepEqual(readdirSync(folder), ['whole.node'])
  })

  it('builds nothing when all is up to date', () => {
    build('kept.node')
    const { mtimeMs } = statSync(join(folder, 'kept.node'))
    build('kept.node')
    assert.equal(statSync(join(folder, 'kept.node')).mtimeMs, mtimeMs)
  })

  it('builds anew what does not load here', () => {
    writeFileSync(join(folder, 'foreign.node'), 'made for another machine')
    build('foreign.node')
    assert.ok(statSync(join(folder, 'foreign.node')).size > 1_000)
  })

  it('says in one line that there is no compiler, and does not fail', () => {
    const { status, stderr, built } = build('none.node', { ...process.env, PATH: folder })
    assert.equal(status, 0)
    assert.equal(built, false)
    assert.match(stderr, /^dotward: batched UDP was not built: no C compiler .* node:dgram.*\n$/)
  })

  it('shows what the compiler said when it fails, and does not fail itself', () => {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    const script = '#!/bin/sh\n[ "$1" = --version ] || { echo "no such thing" >&2; exit 1; }\n'
    writeFileSync(join(bin, 'cc'), script, { mode: 0o755 })
    const { status, stderr, built } = build('bad.node', { ...process.env, PATH: bin })
    assert.equal(status, 0)
    assert.equal(built, false)
    assert.match(stderr, /cc failed\.\nno such thing/)
  })

  for (const compiler of ['gcc', 'clang']) {
    it(`has nothing that ${compiler} warns of`, () => {
      const headers = join(process.execPath, '..', '..', 'include', 'node')
      const source = join(SCRIPT, '..', '..', 'native', 'udp_batch.c')
      const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Wshadow', '-Werror', '-fPIC', '-c']
      const output = join(folder, `${compiler}.o`)
      const { status, stderr } = spawnSync(
        compiler,
        [...flags, '-isystem', headers, source, '-o', output],
        { encoding: 'utf8' },
      )
      assert.equal(status, 0, stderr)
      rmSync(output)
    })
  }
})
