// dotward demo [--once] [--port PORT]: the proxy in front of a DoT server of its own, on this machine
// alone: asks it a few questions and stays, to be asked more.

import { parseArgs } from 'node:util'
import { ListenError } from '../app/ports.ts'
import { issueServerCertificate } from './demo/certificates.ts'
import { DotServer } from './demo/dot-server.ts'
import { type ProxyOptions, startProxy } from './demo/proxy.ts'
import { runningLines, summaryLines, tableHead, tableLine, tryLines } from './demo/screen.ts'
import { type Seen, TOUR, take } from './demo/tour.ts'
import { SERVER_NAME, SLOW_DELAY, SLOW_NAME } from './demo/zone-data.ts'
import { DemoWorld } from './demo/world.ts'
import { stopSignal } from './stop-signal.ts'
import { version } from './version.ts'

const USAGE = 'usage: dotward demo [--once] [--port PORT]'

const DEFAULT_PORT = 5300

/** Milliseconds for the first exchange with the DoT server, which is in this very process. */
const PROBE_TIMEOUT = 5_000

interface DemoArguments {
  readonly port: number
  /** Ends after its own questions. */
  readonly once: boolean
}

/**
 * @param args those behind `demo`
 * @returns the exit code: 0 fine, 1 could not start or got a wrong answer, 2 wrong usage
 */
export async function demo(args: readonly string[]): Promise<number> {
  const read = readArguments(args)
  if (typeof read === 'string') {
    console.error(`${read}\n${USAGE}`)
    return 2
  }
  const stopped = stopSignal()
  const certificate = issueServerCertificate(SERVER_NAME, new Date())
  const world = new DemoWorld(new Date())
  const delays = new Map([[`${SLOW_NAME}.`, SLOW_DELAY]])
  const server = await DotServer.start({ world, certificate, delays })
  try {
    return await present(server, { ca: certificate.ca, anchor: world.anchor }, read, stopped)
  } catch (error) {
    console.error(`dotward: ${(error as Error).message}`)
    if (error instanceof ListenError) console.error('Here: dotward demo --port PORT')
    return 1
  } finally {
    await server.close()
  }
}

/** @returns the exit code */
async function present(
  server: DotServer,
  trusted: Pick<ProxyOptions, 'ca' | 'anchor'>,
  { port, once }: DemoArguments,
  stopped: Promise<string>,
): Promise<number> {
  const app = await startProxy({ port, upstreamPort: server.port, ...trusted })
  try {
    await app.probe(PROBE_TIMEOUT)
    const { agreement } = server
    if (agreement === null) throw new Error('the proxy and its DoT server did not come together')
    const running = { app, version: version(), readyAfter: performance.now(), agreement }
    print(runningLines({ ...running, upstreamPort: server.port }))
    const seen = await tour(server, port)
    if (!once) {
      print(tryLines(app))
      await stopped
    }
    return seen.every(({ right }) => right) ? 0 : 1
  } finally {
    await app.stop()
  }
}

async function tour(server: DotServer, port: number): Promise<Seen[]> {
  print(tableHead())
  const seen: Seen[] = []
  for (const step of TOUR) {
    const some = await take(step, { host: '127.0.0.1', port }, server)
    print(some.flatMap(tableLine))
    seen.push(...some)
  }
  print(summaryLines(seen))
  return seen
}

/** @returns what is wrong with them, if anything */
function readArguments(args: readonly string[]): DemoArguments | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { once: { type: 'boolean' }, port: { type: 'string' } },
    })
    const port = values.port === undefined ? DEFAULT_PORT : Number(values.port)
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      return `${values.port} is not a port from 1 to 65535`
    }
    return { port, once: values.once ?? false }
  } catch (error) {
    return (error as Error).message
  }
}

function print(lines: readonly string[]): void {
  console.log(lines.join('\n'))
}
