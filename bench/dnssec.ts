// `npm run bench:dnssec`: what validation costs dotward and its peers, and what clients notice of answers
// that are made to be much work. All go through the same DoT upstream, which serves signed zones.

import { join } from 'node:path'

import { DnssecSuite, type DnssecRoom } from './dnssec/suite.ts'
import { type DnssecOptions, parseOptions, USAGE } from './dnssec/options.ts'
import { profileValidated } from './dnssec/profile.ts'
import { merge, readResults, reportFiles, writeReport } from './dnssec/report.ts'
import { signedZones } from './dnssec/zones.ts'
import { runCommand } from './lab/command.ts'
import { Lab } from './lab/lab.ts'
import type { Site, System } from './lab/system.ts'
import { dotward } from './peers/dotward.ts'
import { knotResolverTuned } from './peers/knot-resolver.ts'
import { unbound } from './peers/unbound.ts'

const DIR = join(import.meta.dirname, '..', '.bench', 'dnssec')

async function main(options: DnssecOptions): Promise<void> {
  const old = readResults(options.out)
  if (options.reportOnly) {
    if (old === null) throw new Error(`there is no ${reportFiles(options.out).json} to report`)
    writeReport(old, options.out)
    return
  }
  console.log('zones are being signed, or looked for')
  const { files, anchors } = signedZones(join(DIR, 'zones'))
  const { proxyCore, loadCore, root } = options
  const dir = join(DIR, 'run')
  await using lab = await Lab.open({ dir, proxyCore, loadCore, zones: files })
  const room: DnssecRoom = { lab, dir, anchors, loadCore }
  if (options.profile) {
    await profileValidated(room, root, console.log)
    return
  }
  const ours = dotward({ root })
  const plain = withoutAnchors(ours)
  const systems = [ours, plain, ...(options.peers ? [unbound, knotResolverTuned] : [])]
  for (const system of systems)
    console.log(`${system.name}: ${system.version() ?? 'not installed'}`)
  const results = await new DnssecSuite(room, systems, plain, options, console.log).run()
  writeReport(merge(old, results), options.out)
  console.log(`written: ${Object.values(reportFiles(options.out)).join(', ')}`)
}

/** The same, told nothing of trust anchors. */
function withoutAnchors(system: System): System {
  const launch = (site: Site) => {
    const told: { -readonly [K in keyof Site]: Site[K] } = { ...site }
    delete told.anchors
    return system.launch(told)
  }
  return { ...system, id: `${system.id}-plain`, name: `${system.name}, not validating`, launch }
}

await runCommand({ usage: USAGE, parse: parseOptions, isSandboxed: () => false, main })
