// Signs with `kzonesign` (Knot DNS), from a key store that `keymgr` fills.

import { mkdir, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { runProgram } from '../../../support/processes.ts'
import { type Signing, SIGNING_TIMEOUT_MS } from './signing.ts'

const ALGORITHMS: Readonly<Record<number, string>> = {
  5: 'rsasha1',
  7: 'rsasha1-nsec3-sha1',
  8: 'rsasha256',
  10: 'rsasha512',
  13: 'ecdsap256sha256',
  14: 'ecdsap384sha384',
  15: 'ed25519',
  16: 'ed448',
}

export async function signWithKnot({ zone, keys, input, output }: Signing): Promise<void> {
  const folder = `${output}.knot`
  await mkdir(join(folder, 'keys'), { recursive: true })
  const config = join(folder, 'knot.conf')
  await writeFile(config, knotConfig({ zone, keys, input, output }, folder))
  const run = async (program: string, ...args: string[]): Promise<void> => {
    const made = await runProgram(program, ['-c', config, ...args], {
      timeoutMs: SIGNING_TIMEOUT_MS,
    })
    if (made.code !== 0) throw new Error(`${program} ${zone.name}: ${made.output}`)
  }
  for (const key of keys) {
    // oxlint-disable-next-line no-await-in-loop -- one store, one writer
    await run('keymgr', zone.name, 'import-bind', `${key.path}.private`)
    if (!key.signs) await run('keymgr', zone.name, 'set', `${key.tag}`, 'active=+1y')
  }
  const { denial } = zone
  if (denial.kind === 'nsec3') await run('keymgr', zone.name, 'nsec3-salt', denial.salt || '-')
  await run('kzonesign', '-o', folder, zone.name)
  await rename(join(folder, basename(input)), output)
}

function knotConfig({ zone, keys, input }: Signing, folder: string): string {
  const { denial } = zone
  const nsec3 =
    denial.kind === 'nsec'
      ? ''
      : `nsec3: on
    nsec3-iterations: ${denial.iterations}
    nsec3-salt-length: ${denial.salt.length / 2}
    nsec3-opt-out: ${denial.optOut ? 'on' : 'off'}`
  return `server:
    rundir: ${folder}
database:
    storage: ${join(folder, 'keys')}
policy:
  - id: test
    manual: on
    algorithm: ${ALGORITHMS[keys[0]!.algorithm]}
    dnskey-ttl: 3600
    cds-cdnskey-publish: none
    ${nsec3}
zone:
  - domain: ${zone.name}
    storage: ${dirname(input)}
    file: ${basename(input)}
    serial-policy: increment
    dnssec-signing: on
    dnssec-policy: test
`
}
