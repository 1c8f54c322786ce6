// `npm run bench`: measures dotward and its peers on this machine and writes the report.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { runCommand } from './lab/command.ts'
import { Lab } from './lab/lab.ts'
import { Kind, type System } from './lab/system.ts'
import { addRun, type Report } from './measure/results.ts'
import { parseOptions, USAGE, type Options } from './options.ts'
import { systems } from './peers/index.ts'
import { profileDotward } from './profile.ts'
import { reportFiles, writeReport } from './report/write.ts'
import { runSuite } from './suite.ts'

const ROOT = join(import.meta.dirname, '..')

async function main(options: Options): Promise<void> {
  if (options.reportOnly) {
    writeReport(earlier(options.out), options.out)
    return
  }
  await using lab = await Lab.open({
    dir: join(ROOT, '.bench', 'run'),
    proxyCore: options.proxyCore,
    loadCore: options.loadCore,
  })
  if (options.profile) {
    await profileDotward(lab, { root: ROOT, seconds: options.seconds, log: console.log })
    return
  }
  const results = await runSuite(lab, chosen(options.peers), options, console.log)
  writeReport(addRun(options.keep ? earlier(options.out) : { runs: [] }, results), options.out)
  console.log(`written: ${Object.values(reportFiles(options.out)).join(', ')}`)
}

function earlier(out: string): Report {
  const { json } = reportFiles(out)
  return existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Report) : { runs: [] }
}

/** The limit and dotward are always measured; of the peers, those that were asked for. */
function chosen(peers: readonly string[] | null): System[] {
  if (peers === null) return [...systems]
  for (const id of peers) {
    if (id !== 'none' && !systems.some((system) => system.id === id)) {
      const known = systems.filter((system) => system.kind === Kind.Peer).map((system) => system.id)
      throw new Error(`--peers: there is no "${id}", only ${known.join(', ')}`)
    }
  }
  return systems.filter((system) => system.kind !== Kind.Peer || peers.includes(system.id))
}

await runCommand({ usage: USAGE, parse: parseOptions, isSandboxed: () => false, main })
