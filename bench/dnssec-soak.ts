// `npm run soak:dnssec -- --minutes 10`: whether anything grows while answers are validated, refused and
// made up of what was proven before, and chains of trust come and go. Writes docs/dnssec-soak.json.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { reportFiles, readResults, writeReport } from './dnssec/report.ts'
import { SoakLoad } from './dnssec/soak-load.ts'
import { type ValidatedSoak, validatedSoakSection } from './dnssec/soak-report.ts'
import { signedZones } from './dnssec/zones.ts'
import { Lab } from './lab/lab.ts'
import type { Site, System } from './lab/system.ts'
import { describeMachine } from './measure/machine.ts'
import { dotward } from './peers/dotward.ts'
import { Watch } from './soak/watch.ts'

const ROOT = join(import.meta.dirname, '..')
const BENCH = join(ROOT, '.bench')

/** Small, so that it is full long before the warm-up ends. */
const CACHE_MIB = 4

const RATE = 200
const SAMPLE_EVERY = 2_000

/** Milliseconds between reloads. */
const RELOAD_EVERY = 20_000

async function main(minutes: number, out: string): Promise<void> {
  const { files, anchors } = signedZones(join(BENCH, 'dnssec', 'zones'))
  const dir = join(BENCH, 'dnssec-soak')
  rmSync(dir, { recursive: true, force: true })
  await using lab = await Lab.open({ dir, proxyCore: 1, loadCore: 0, zones: files })
  const samples = join(dir, 'samples.jsonl')
  let site: Site | null = null
  const system = watched(samples, (told) => {
    site = told
  })
  await using running = await lab.start(system, { cacheMiB: CACHE_MIB, anchors })
  const config = join(site!.dir, 'dotward.yaml')
  const text = readFileSync(config, 'utf8')
  const watch = new Watch(running, samples)
  const sampling = setInterval(() => watch.take(), SAMPLE_EVERY)
  const load = new SoakLoad(running.port, RATE)
  const end = performance.now() + minutes * 60_000
  let reloads = 0
  while (performance.now() < end) {
    await sleep(Math.min(RELOAD_EVERY, end - performance.now()))
    // Another plan for validation: nothing that was learnt goes over to it.
    const flag = `acceptSha1: ${++reloads % 2 === 1}`
    writeFileSync(config, text.replace('mode: validate', `mode: validate, ${flag}`))
    process.kill(running.program.pid, 'SIGHUP')
  }
  clearInterval(sampling)
  await load[Symbol.asyncDispose]()
  const { asked, right, failed, wrong, lost, worst } = load
  const results: ValidatedSoak = {
    machine: describeMachine(),
    version: system.version() ?? 'unknown',
    minutes,
    rate: RATE,
    reloads,
    asked,
    right,
    failed,
    wrong,
    lost,
    worst,
    samples: watch.samples,
  }
  writeFileSync(out, `${JSON.stringify(results, null, 1)}\n`)
  const report = join(dirname(out), 'dnssec-speed.md')
  const measured = readResults(report)
  if (measured !== null) writeReport(measured, report)
  console.log(
    `${validatedSoakSection(results)}\n\nwritten: ${out}, ${reportFiles(report).markdown}`,
  )
}

/** dotward with the probe in each of its threads. */
function watched(samples: string, onLaunch: (site: Site) => void): System {
  const probe = import.meta.resolve('./soak/probe.ts')
  const system = dotward({ root: ROOT, nodeOptions: ['--expose-gc', `--import=${probe}`] })
  return {
    ...system,
    launch(site) {
      onLaunch(site)
      return { ...system.launch(site), env: { SOAK_SAMPLES: samples } }
    },
  }
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    out: { type: 'string', default: 'docs/dnssec-soak.json' },
  },
})
const minutes = Number(values.minutes)
if (minutes > 0) await main(minutes, values.out)
else {
  console.error(`--minutes: "${values.minutes}" is no number above 0`)
  process.exitCode = 2
}
