// What `dotward check` says of a configuration.

import { type LoadOptions, loadConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { certificateExpiries, expiryText, revocationExpiries } from './certificate-expiry.ts'
import { dnssecNotices } from './dnssec-report.ts'
import { summarize } from '../config/summary.ts'

export interface ConfigReport {
  readonly ok: boolean
  /** For people: every problem on a line of its own, or what is in force. */
  readonly lines: readonly string[]
}

export function checkConfig(options: LoadOptions): ConfigReport {
  const loaded = loadConfig(options)
  if (!loaded.ok) return { ok: false, lines: loaded.problems.map(formatProblem) }
  const source = loaded.file ?? 'the built-in defaults'
  const { config } = loaded
  const now = Date.now()
  const certificates = certificateExpiries(config.listeners, now).map(
    (one) => `certificate ${one.file} (${one.name}) ${expiryText(one)}`,
  )
  const lists = revocationExpiries(config.listeners, now).map(
    ({ file, end }) =>
      `revocations ${file} ${end < now ? 'ended' : 'end'} at ${new Date(end).toISOString()}`,
  )
  return {
    ok: true,
    lines: [
      `${source}: no problems`,
      '',
      ...summarize(config),
      ...certificates,
      ...lists,
      ...dnssecNotices(config, now),
    ],
  }
}
