// The proxy itself, as `dotward serve` runs it, in front of the demo's DoT server.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from '../../app/app.ts'
import { formatLogRecord } from '../../observe/log.ts'
import { SERVER_NAME } from './zone-data.ts'

export interface ProxyOptions {
  /** Where clients ask. */
  readonly port: number
  /** Where the DoT server listens, on 127.0.0.1. */
  readonly upstreamPort: number
  /** PEM of the authority that the upstream's certificate comes from. */
  readonly ca: string
  /** DS record of the root that answers must be signed from. */
  readonly anchor: string
}

/**
 * Starts the proxy on 127.0.0.1, and on ::1 where the machine has it.
 * @throws ListenError, or what else keeps it from starting
 */
export async function startProxy(options: ProxyOptions): Promise<App> {
  // The configuration names files; they are read at the start and then gone.
  const folder = mkdtempSync(join(tmpdir(), 'dotward-demo-'))
  try {
    const ca = join(folder, 'ca.crt')
    const anchors = join(folder, 'anchors')
    writeFileSync(ca, options.ca)
    writeFileSync(anchors, options.anchor)
    const opened = App.open({
      load: { text: configText(options, ca, anchors), file: null, environment: {} },
      sink: (record) => process.stderr.write(formatLogRecord(record, new Date())),
    })
    if (!opened.ok) throw new Error(opened.problems.join('\n'))
    await opened.app.start()
    return opened.app
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** JSON, which is YAML as well. */
function configText({ port, upstreamPort }: ProxyOptions, ca: string, anchors: string): string {
  const addresses = ['127.0.0.1', ...(hasIpv6() ? ['::1'] : [])]
  return JSON.stringify({
    // One: which of several takes a query is the kernel's choice, and each asks upstream for itself.
    workers: 1,
    listeners: addresses.map((address) => ({ address, port })),
    upstreams: [
      { name: 'demo', address: '127.0.0.1', port: upstreamPort, tlsName: SERVER_NAME, ca },
    ],
    cache: { size: '16MiB' },
    // Its keys are those of one run: there is nobody to change them.
    dnssec: { mode: 'validate', trustAnchors: anchors, followRollOvers: false },
    // That an answer was refused, which is a warning, stands on the screen.
    log: { level: 'error' },
  })
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === '::1')
}
