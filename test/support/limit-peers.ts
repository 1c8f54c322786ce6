// Servers with limits of their own, which hold the test zone and answer for it over plain UDP.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverFolder } from './dot-upstreams/dot-upstream.ts'
import { writeZone, ZONE } from './dot-upstreams/zone.ts'
import { freePort, requireTool, runProgram, startProgram } from './processes.ts'

export interface LimitPeer extends AsyncDisposable {
  readonly host: string
  readonly port: number
}

const HOST = '127.0.0.1'

/** @param limits of its `server` clause */
export function startUnboundWith(limits: string): Promise<LimitPeer> {
  const configure = (folder: string, port: number) => `
    server:
      directory: "${folder}"
      chroot: ""
      username: ""
      pidfile: ""
      use-syslog: no
      num-threads: 1
      interface: ${HOST}@${port}
      access-control: 127.0.0.0/8 allow
      module-config: "iterator"
      ${limits}
    remote-control:
      control-enable: no
    auth-zone:
      name: "${ZONE}"
      zonefile: "${writeZone(folder)}"
      for-downstream: yes
      for-upstream: no`
  return startPeer('unbound', configure, (config) => ['-d', '-c', config])
}

/** @param limits what stands in its `rate-limit` */
export function startBindWith(limits: string): Promise<LimitPeer> {
  const configure = (folder: string, port: number) => `
    options {
      directory "${folder}";
      pid-file none;
      session-keyfile none;
      listen-on port ${port} { ${HOST}; };
      listen-on-v6 { none; };
      recursion no;
      check-names primary ignore;
      dnssec-validation no;
      notify no;
      rate-limit { ${limits} };
    };
    controls { };
    zone "${ZONE}" { type primary; file "${writeZone(folder)}"; };`
  return startPeer('named', configure, (config) => ['-g', '-n', '1', '-c', config])
}

/** @param limits of its `mod-rrl` */
export function startKnotWith(limits: string): Promise<LimitPeer> {
  const configure = (folder: string, port: number) => `
server:
  rundir: "${folder}"
  listen: ${HOST}@${port}
  udp-workers: 1
database:
  storage: "${folder}"
mod-rrl:
  - id: test
    ${limits}
template:
  - id: default
    global-module: mod-rrl/test
    journal-content: none
    zonefile-sync: -1
zone:
  - domain: ${ZONE}
    file: "${writeZone(folder)}"
`
  return startPeer('knotd', configure, (config) => ['-c', config])
}

async function startPeer(
  program: string,
  configure: (folder: string, port: number) => string,
  args: (config: string) => string[],
): Promise<LimitPeer> {
  requireTool('kdig')
  await using started = new AsyncDisposableStack()
  const folder = started.use(serverFolder())
  const port = await freePort()
  const config = join(folder.path, 'server.conf')
  writeFileSync(config, configure(folder.path, port))
  const server = started.use(startProgram(program, args(config)))
  await server.until('it served the zone', async () => {
    // From another address than those whose limits are tested.
    const asked = ['-b', '127.1.2.3', '+retry=0', '+time=1', ZONE, 'SOA']
    const { output } = await runProgram('kdig', [`@${HOST}`, '-p', `${port}`, ...asked])
    return output.includes('status: NOERROR')
  })
  const running = started.move()
  return { host: HOST, port, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
