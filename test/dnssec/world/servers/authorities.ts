// The three authoritative servers, each with the zones that are its own, on one port.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type RunningProgram, startProgram } from '../../../support/processes.ts'
import type { ServerName } from '../zone-spec.ts'
import type { ZoneFile } from '../zone-files.ts'

export interface Authority {
  readonly port: number
  readonly program: RunningProgram
}

interface Serving {
  readonly zones: readonly ZoneFile[]
  readonly folder: string
  readonly port: number
}

/** Writes what the server needs to know. @returns its command line */
type Configure = (serving: Serving) => readonly [program: string, ...args: string[]]

const CONFIGURE: Readonly<Record<ServerName, Configure>> = { nsd, knot, bind }

export async function startAuthority(
  name: ServerName,
  zones: readonly ZoneFile[],
  parent: string,
): Promise<Authority> {
  const folder = join(parent, name)
  mkdirSync(folder)
  const port = await freePort()
  const [program, ...args] = CONFIGURE[name]({ zones, folder, port })
  return { port, program: startProgram(program, args) }
}

function nsd({ zones, folder, port }: Serving): [string, ...string[]] {
  const config = join(folder, 'nsd.conf')
  const list = zones.map(
    ({ spec, path }) => `zone:\n  name: "${spec.name}"\n  zonefile: "${path}"\n`,
  )
  writeFileSync(
    config,
    `server:
  ip-address: 127.0.0.1@${port}
  username: ""
  chroot: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: ""
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  xfrdir: "${folder}"
  server-count: 1
  tcp-count: 200
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
${list.join('')}`,
  )
  return ['nsd', '-d', '-c', config]
}

function knot({ zones, folder, port }: Serving): [string, ...string[]] {
  const config = join(folder, 'knot.conf')
  const list = zones.map(({ spec, path }) => `  - domain: "${spec.name}"\n    file: "${path}"\n`)
  writeFileSync(
    config,
    `server:
    rundir: "${folder}"
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "${folder}/db"
template:
  - id: default
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
${list.join('')}`,
  )
  return ['knotd', '-c', config]
}

function bind({ zones, folder, port }: Serving): [string, ...string[]] {
  const config = join(folder, 'named.conf')
  const list = zones.map(
    ({ spec, path }) => `zone "${spec.name}" { type primary; file "${path}"; };\n`,
  )
  writeFileSync(
    config,
    `options {
  directory "${folder}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  check-names primary ignore;
  dnssec-validation no;
  notify no;
  minimal-any no;
};
controls { };
${list.join('')}`,
  )
  return ['named', '-g', '-n', '1', '-c', config]
}
