// Fuzzes native/udp_batch.c: node fuzz/addon.ts [--seconds N] [--seed S].
// Builds it with AddressSanitizer and UndefinedBehaviorSanitizer, and runs addon-driver.ts over it
// in a process of its own, which a fault ends.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const BUILD = fileURLToPath(new URL('../scripts/build-native.mjs', import.meta.url))
const DRIVER = fileURLToPath(new URL('addon-driver.ts', import.meta.url))

/** A run that hangs is a fault as well. */
const MARGIN_MILLISECONDS = 60_000

/** Throws when the build fails, or when the driver finds a fault; what it printed is on stderr. */
export function fuzzAddon(options: { readonly seconds: number; readonly seed: number }): void {
  const folder = mkdtempSync(join(tmpdir(), 'dotward-fuzz-'))
  try {
    const addon = join(folder, 'udp_batch.node')
    execFileSync(process.execPath, [BUILD, '--sanitize', '--output', addon], { stdio: 'inherit' })
    const { seconds, seed } = options
    const { status, signal } = spawnSync(
      process.execPath,
      [
        '--expose-gc',
        DRIVER,
        '--addon',
        addon,
        '--seconds',
        String(seconds),
        '--seed',
        String(seed),
      ],
      { stdio: 'inherit', env: environment(), timeout: seconds * 1_000 + MARGIN_MILLISECONDS },
    )
    if (status !== 0) throw new Error(`addon: seed ${seed} ended with ${signal ?? status}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The runtime must come before everything else; Node.js itself leaks at exit, by design. */
function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LD_PRELOAD: sanitizerRuntime(),
    ASAN_OPTIONS: 'detect_leaks=0:strict_string_checks=1:detect_stack_use_after_return=1',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  }
}

function sanitizerRuntime(): string {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  for (const name of [`libclang_rt.asan-${machine}.so`, 'libclang_rt.asan.so']) {
    const path = execFileSync('clang', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
    if (existsSync(path)) return path
  }
  throw new Error('clang has no shared AddressSanitizer runtime')
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  })
  const seed = Number(values.seed ?? Date.now() % 0x7fff_ffff)
  console.log(`addon: seed ${seed}`)
  fuzzAddon({ seconds: Number(values.seconds), seed })
}
