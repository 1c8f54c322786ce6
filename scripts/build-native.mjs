// Builds native/udp_batch.node with the machine's own C compiler and headers found locally.
// npm runs it at install, under whatever Node.js there is. The program runs without the addon too,
// only slower, so nothing that goes wrong here fails the installation.
//
//   node scripts/build-native.mjs [--sanitize --output FILE]
//
// --sanitize: for fuzz/addon.ts, and therefore it does fail: with clang, AddressSanitizer and
// UndefinedBehaviorSanitizer, warnings as errors, and a sendmmsg that fails now and then.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const SOURCE = join(ROOT, 'native', 'udp_batch.c')
const WITHOUT = 'UDP will run on node:dgram, which costs more CPU per query.'

const COMMON = ['-std=c11', '-shared', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra']
const RELEASE = ['-O2', '-DNDEBUG']
const SANITIZED = [
  '-O1',
  '-g',
  '-Werror',
  '-fno-omit-frame-pointer',
  '-fno-sanitize-recover=all',
  '-fsanitize=address,undefined',
  '-shared-libasan',
  '-include',
  join(ROOT, 'fuzz', 'failing_send.h'),
]

const { values: options } = parseArgs({
  options: { sanitize: { type: 'boolean', default: false }, output: { type: 'string' } },
})
const target = resolve(options.output ?? join(ROOT, 'native', 'udp_batch.node'))
const problem = build()
if (problem !== null) {
  console.warn(
    `dotward: batched UDP was not built: ${problem}${options.sanitize ? '' : ` ${WITHOUT}`}`,
  )
  if (options.sanitize) process.exitCode = 1
}

/** @returns {string | null} what kept the addon from being built, for people */
function build() {
  if (process.platform !== 'linux') return `it needs Linux, this is ${process.platform}.`
  if (!options.sanitize && isUpToDate()) return null
  const headers = findHeaders()
  if (headers === null) return 'no Node.js headers (node_api.h and uv.h) were found.'
  const compiler = (options.sanitize ? ['clang'] : ['cc', 'gcc', 'clang']).find(runs)
  if (compiler === undefined) return 'no C compiler (cc, gcc or clang) was found.'

  const temporary = `${target}.${process.pid}.tmp`
  const flags = [...COMMON, ...(options.sanitize ? SANITIZED : RELEASE)]
  const result = spawnSync(compiler, [...flags, '-isystem', headers, SOURCE, '-o', temporary], {
    encoding: 'utf8',
  })
  if (result.status !== 0) {
    rmSync(temporary, { force: true })
    return `${compiler} failed.\n${result.stderr}`
  }
  renameSync(temporary, target)
  return null
}

/** Newer than what it is made from, and fit for the Node.js and C library that run this. */
function isUpToDate() {
  if (!existsSync(target)) return false
  const built = statSync(target).mtimeMs
  if ([SOURCE, fileURLToPath(import.meta.url)].some((file) => statSync(file).mtimeMs > built)) {
    return false
  }
  try {
    createRequire(import.meta.url)(target)
    return true
  } catch {
    return false
  }
}

/** The running Node.js' own headers first; Node-API is the same in all, so others do as well. */
function findHeaders() {
  const modules = join(ROOT, 'node_modules')
  const packages = existsSync(modules)
    ? readdirSync(modules).filter((name) => name.startsWith('node-linux-'))
    : []
  const folders = [
    join(dirname(process.execPath), '..', 'include', 'node'),
    ...packages.map((name) => join(modules, name, 'include', 'node')),
    '/usr/include/node',
  ]
  const isComplete = (folder) =>
    existsSync(join(folder, 'node_api.h')) && existsSync(join(folder, 'uv.h'))
  return folders.find(isComplete) ?? null
}

function runs(compiler) {
  return spawnSync(compiler, ['--version'], { stdio: 'ignore' }).status === 0
}
