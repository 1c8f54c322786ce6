// A world of DNS zones on this machine: a signed root, TLDs, and below them zones that are sound, odd,
// amid a roll-over, unsigned or broken, behind one resolver that validates nothing. Made anew each time,
// in some seconds; gone when it is disposed.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCa, type TestCa } from '../../support/certificates.ts'
import { Rcode } from '../../support/messages.ts'
import type { RunningProgram } from '../../support/processes.ts'
import { Asker } from './asker.ts'
import { startAuthority } from './servers/authorities.ts'
import { type Recursor, startRecursor } from './servers/recursor.ts'
import { formatDs, makeZoneFiles, type ZoneFile } from './zone-files.ts'
import { ALL_ZONES, ANCHORED_ZONES } from './zones/all.ts'
import type { Probe, ServerName, ZoneSpec } from './zone-spec.ts'

export interface World extends AsyncDisposable {
  readonly zones: readonly ZoneSpec[]
  readonly files: readonly ZoneFile[]
  readonly probes: readonly Probe[]
  readonly recursor: Recursor
  /** Issued the recursor's certificate, for `TLS_NAME`. */
  readonly ca: TestCa
  /** A file of DS records in presentation form: the root's, and those of islands of trust. */
  readonly anchorsPath: string
  /** For files of those who live in it. */
  readonly folder: string
}

/** @param zones with the root among them */
export async function startWorld(zones: readonly ZoneSpec[] = ALL_ZONES): Promise<World> {
  await using started = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'dotward-world-'))
  started.defer(() => rmSync(folder, { recursive: true, force: true }))
  const ca = started.use(createTestCa())
  const files = await makeZoneFiles(zones, folder)
  const stubs: [string, number][] = []
  for (const name of ['nsd', 'knot', 'bind'] as const satisfies readonly ServerName[]) {
    const own = files.filter((file) => file.spec.server === name)
    // oxlint-disable-next-line no-await-in-loop -- each in turn: little to wait for
    const { program, port } = await startAuthority(name, own, folder)
    started.use(program)
    stubs.push(...own.map((file) => [file.spec.name, port] as [string, number]))
    // oxlint-disable-next-line no-await-in-loop
    for (const { spec } of own) await serves(program, port, spec.name)
  }
  const recursor = await startRecursor(stubs, ca, folder)
  started.use(recursor.program)
  await serves(recursor.program, recursor.plainPort, '.')
  const anchorsPath = join(folder, 'anchors')
  writeFileSync(anchorsPath, anchors(files))
  const running = started.move()
  return {
    zones,
    files,
    probes: zones.flatMap((zone) => zone.probes),
    recursor,
    ca,
    anchorsPath,
    folder,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function anchors(files: readonly ZoneFile[]): string {
  const anchored = files.filter(({ spec }) => ANCHORED_ZONES.includes(spec.name))
  return anchored
    .flatMap(({ spec, keys }) => {
      const records = keys.filter((key) => key.isEntryPoint).map((key) => key.ds())
      return records.map((ds) => formatDs(spec.name, ds))
    })
    .join('')
}

async function serves(program: RunningProgram, port: number, zone: string): Promise<void> {
  using asker = new Asker(port)
  await program.until(`it served ${zone}`, async () => {
    const { rcode } = await asker.ask({ name: zone, type: 'SOA' })
    return rcode === Rcode.NoError
  })
}
