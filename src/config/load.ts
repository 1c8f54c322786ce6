// Configuration file and environment -> one frozen Config, or everything that is wrong with them.

import { readFileSync } from 'node:fs'
import { checkAnchorFiles, resolveAnchorFiles } from './anchor-files.ts'
import { type Config, configSchema } from './config.ts'
import { checkSecretFile, resolveSecretFile } from './cookie-secrets.ts'
import { applyEnvironment, type Environment } from './environment.ts'
import { explain, problemOf } from './explain.ts'
import { checkFiles, resolveFiles, unreadable } from './files.ts'
import type { Problem } from './problem.ts'
import { checkRangeFiles, resolveRangeFiles } from './range-files.ts'
import { checkStoreNeeds } from './store-needs.ts'
import { checkStoreFiles, resolveStoreFiles } from './store-secret.ts'
import { readYaml } from './yaml-tree.ts'

const DEFAULT_FILE = '/etc/dotward/dotward.yaml'

export interface LoadedConfig {
  readonly ok: true
  readonly config: Config
  /** Where it was read from; null for the built-in defaults. */
  readonly file: string | null
  /** Whether there was a file and it said nothing. */
  readonly empty: boolean
}

export type Loaded = LoadedConfig | { readonly ok: false; readonly problems: readonly Problem[] }

export interface LoadOptions {
  /** As given by `-c`; null reads the default file if there is one. */
  readonly file: string | null
  /** /etc/dotward/dotward.yaml, unless given. */
  readonly defaultFile?: string
  readonly environment: Environment
}

/** Reads the configuration file, unless its text is at hand, and once each file that it points to. */
export function loadConfig(options: LoadOptions | ParseOptions): Loaded {
  if ('text' in options) return parseConfig(options)
  const { file, defaultFile, environment } = options
  const path = file ?? defaultFile ?? DEFAULT_FILE
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (file === null && isMissing) return parseConfig({ text: '', file: null, environment })
    const origin = { kind: 'file', file: path, line: null, column: null } as const
    return { ok: false, problems: [problemOf(unreadable('the file', error), [], origin)] }
  }
  return parseConfig({ text, file: path, environment })
}

export interface ParseOptions {
  /** YAML. */
  readonly text: string
  /** For messages, and as what relative paths in it start from; null for no file. */
  readonly file: string | null
  readonly environment: Environment
}

/** As `loadConfig`, of a text that is at hand. */
export function parseConfig({ text, file, environment }: ParseOptions): Loaded {
  const { value, origins, problems: unreadableParts, readable } = readYaml(text, file ?? 'built-in')
  if (!readable) return { ok: false, problems: unreadableParts }
  const root = value ?? Object.create(null)
  const problems = [...unreadableParts]
  if (isMap(root)) problems.push(...applyEnvironment(root, origins, environment))
  const checked = configSchema.safeParse(root)
  if (!checked.success) problems.push(...explain(checked.error.issues, root, origins))
  if (!checked.success || problems.length > 0) return { ok: false, problems: inOrder(problems) }
  const base = file ?? '.'
  const config = resolvePaths(checked.data, base)
  const missing = [
    ...checkFiles(config, origins),
    ...checkRangeFiles(config, origins),
    ...checkSecretFile(config, origins),
    ...checkStoreFiles(config, origins),
    ...checkStoreNeeds(config, origins),
    ...checkAnchorFiles(config, origins),
  ]
  if (missing.length > 0) return { ok: false, problems: inOrder(missing) }
  const empty = file !== null && (value === null || value === undefined)
  return { ok: true, config: freeze(config), file, empty }
}

/** Makes the names of all files absolute. */
function resolvePaths(config: Config, base: string): Config {
  const withRanges = resolveRangeFiles(resolveFiles(config, base), base)
  const withSecrets = resolveStoreFiles(resolveSecretFile(withRanges, base), base)
  return resolveAnchorFiles(withSecrets, base)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** By place in the file; those of the environment last. */
function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => lineOf(a) - lineOf(b))
}

function lineOf({ origin }: Problem): number {
  return origin.kind === 'file' ? (origin.line ?? 0) + (origin.column ?? 0) / 1e6 : Infinity
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) freeze(part)
  return Object.freeze(value)
}
