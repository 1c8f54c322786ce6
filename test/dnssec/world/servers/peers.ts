// Who else validates the world: Unbound and Knot Resolver, each before the same resolver. Neither
// answers from a cache, so that both judge the answer at hand, whatever was asked before.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type RunningProgram, startProgram } from '../../../support/processes.ts'
import { Asker } from '../asker.ts'
import type { World } from '../world.ts'
import { unboundBasics } from './recursor.ts'

export interface Validating extends AsyncDisposable {
  readonly name: string
  /** On 127.0.0.1, UDP and TCP. */
  readonly port: number
}

export async function startUnboundValidator(world: World): Promise<Validating> {
  const folder = mkdtempSync(join(world.folder, 'unbound-'))
  const port = await freePort()
  const config = join(folder, 'unbound.conf')
  writeFileSync(
    config,
    `server:
  ${unboundBasics(folder)}
  module-config: "validator iterator"
  interface: 127.0.0.1@${port}
  trust-anchor-file: "${world.anchorsPath}"
  trust-anchor-signaling: no
  root-key-sentinel: no
  aggressive-nsec: no
  neg-cache-size: 0
  qname-minimisation: no
  harden-below-nxdomain: no
  ede: yes
  val-log-level: 2
  tcp-idle-timeout: 120000
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${world.recursor.plainPort}
  forward-no-cache: yes
`,
  )
  return running('Unbound', port, startProgram('unbound', ['-d', '-c', config]))
}

export async function startKnotResolver(world: World): Promise<Validating> {
  const folder = mkdtempSync(join(world.folder, 'knot-resolver-'))
  const port = await freePort()
  const config = join(folder, 'kresd.conf')
  const anchors = readFileSync(world.anchorsPath, 'utf8').trim().split('\n')
  writeFileSync(
    config,
    `net.listen('127.0.0.1', ${port}, { kind = 'dns' })
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
modules.unload('detect_time_skew')
trust_anchors.remove('.')
${anchors.map((line) => `trust_anchors.add([[${line}]])`).join('\n')}
cache.open(20 * MB, 'lmdb://${folder}/cache')
policy.add(policy.all(policy.FLAGS('NO_CACHE')))
policy.add(policy.all(policy.FORWARD({ '127.0.0.1@${world.recursor.plainPort}' })))
`,
  )
  return running('Knot Resolver', port, startProgram('kresd', ['-n', '-c', config, folder]))
}

/** As in "Unbound 1.17.1". */
export function peerVersions(): string[] {
  const programs = [
    ['Unbound', 'unbound', '-V'],
    ['Knot Resolver', 'kresd', '--version'],
  ] as const
  return programs.map(([name, program, option]) => {
    const { stdout } = spawnSync(program, [option], { encoding: 'utf8' })
    return `${name} ${/[Vv]ersion ([\d.]+)/.exec(stdout)?.[1] ?? 'of an unknown version'}`
  })
}

async function running(name: string, port: number, program: RunningProgram): Promise<Validating> {
  await program.until('it answered', () => Asker.reaches(port))
  return { name, port, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() }
}
