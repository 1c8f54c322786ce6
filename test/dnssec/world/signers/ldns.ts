// Signs with `ldns-signzone`.

import { appendFile } from 'node:fs/promises'
import { runProgram } from '../../../support/processes.ts'
import { type Signing, SIGNING_TIMEOUT_MS } from './signing.ts'

const FORTNIGHT = 14 * 86_400

export async function signWithLdns({ zone, keys, input, output }: Signing): Promise<void> {
  // It puts the keys that it is to use into the zone itself.
  const published = keys.filter((key) => !key.signs).map((key) => `${key.record}\n`)
  await appendFile(input, published.join(''))
  const { denial } = zone
  const now = Math.floor(Date.now() / 1000)
  const span = ['-i', `${now - 86_400}`, '-e', `${now + FORTNIGHT}`]
  const nsec3 =
    denial.kind === 'nsec'
      ? []
      : [
          '-n',
          '-t',
          `${denial.iterations}`,
          ...(denial.salt === '' ? [] : ['-s', denial.salt]),
          ...(denial.optOut ? ['-p'] : []),
        ]
  const paths = keys.filter((key) => key.signs).map((key) => key.path)
  const args = [...span, ...nsec3, '-o', zone.name, '-f', output, input, ...paths]
  const made = await runProgram('ldns-signzone', args, { timeoutMs: SIGNING_TIMEOUT_MS })
  if (made.code !== 0) throw new Error(`ldns-signzone ${zone.name}: ${made.output}`)
}
