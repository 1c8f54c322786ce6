// Signs with `dnssec-signzone` (BIND).

import { appendFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { runProgram } from '../../../support/processes.ts'
import { type Signing, SIGNING_TIMEOUT_MS } from './signing.ts'

const PLAIN = ['-q', '-P', '-O', 'full', '-N', 'keep', '-n', '1', '-e', 'now+1209600']

/** Every key is in the zone file; those that are named sign: keys of the right role, or all by all. */
export async function signWithBind({ zone, keys, input, output }: Signing): Promise<void> {
  await appendFile(input, keys.map((key) => `${key.record}\n`).join(''))
  const active = keys.filter((key) => key.signs)
  const entryPoints = active.filter((key) => key.isEntryPoint)
  const zoneSigners = active.filter((key) => !key.isEntryPoint)
  const { denial } = zone
  const nsec3 =
    denial.kind === 'nsec'
      ? []
      : ['-3', denial.salt || '-', '-H', `${denial.iterations}`, ...(denial.optOut ? ['-A'] : [])]
  const args = [
    ...PLAIN,
    ...(zoneSigners.length === 0 ? ['-z'] : ['-x']),
    ...nsec3,
    '-o',
    zone.name,
    '-f',
    output,
    ...entryPoints.flatMap((key) => ['-k', key.path]),
    input,
    ...zoneSigners.map((key) => key.path),
  ]
  // It leaves a file of DS records where it runs.
  const made = await runProgram('dnssec-signzone', args, {
    cwd: dirname(output),
    timeoutMs: SIGNING_TIMEOUT_MS,
  })
  if (made.code !== 0) throw new Error(`dnssec-signzone ${zone.name}: ${made.output}`)
}
