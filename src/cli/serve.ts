// dotward serve [-c FILE]: runs the proxy until SIGTERM or SIGINT. SIGHUP reads the configuration
// again; SIGUSR1 prints the counters.

import { App } from '../app/app.ts'
import { listeningLines, probeLines } from '../app/startup-report.ts'
import { formatLogRecord } from '../observe/log.ts'
import { configOption } from './config-option.ts'
import { stopSignal } from './stop-signal.ts'
import { setUpThreadPool } from './thread-pool.ts'
import { version } from './version.ts'

const USAGE = 'usage: dotward serve [-c FILE]'

/** Milliseconds that upstreams have for their line at the start; nobody waits for them to serve. */
const PROBE_TIMEOUT = 3_000

/**
 * @param args those behind `serve`
 * @returns the exit code, once it has stopped: 0 fine, 1 could not start, 2 wrong usage
 */
export async function serve(args: readonly string[]): Promise<number> {
  let file: string | null
  try {
    file = configOption(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    return 2
  }
  await setUpThreadPool()
  const opened = App.open({
    load: { file, environment: process.env },
    sink: (record) => process.stderr.write(formatLogRecord(record, new Date())),
  })
  if (!opened.ok) {
    console.error(opened.problems.join('\n'))
    return 1
  }
  const { app } = opened
  const stopped = stopSignal()
  process.on('SIGHUP', () => void reload(app))
  process.on('SIGUSR1', () => process.stdout.write(app.countersText()))
  try {
    await app.start()
  } catch (error) {
    console.error(`dotward: ${(error as Error).message}`)
    return 1
  }
  console.log(listeningLines(app, version()).join('\n'))
  void report(app)
  const signal = await stopped
  app.log.info(`${signal}: answering what is in flight`)
  const unanswered = await app.stop()
  process.stdout.write(app.countersText())
  if (unanswered > 0) app.log.warn('stopped with questions unanswered', { unanswered })
  return 0
}

/** Which upstreams answered, unless the program ends before they do. */
async function report(app: App): Promise<void> {
  try {
    console.log(probeLines(await app.probe(PROBE_TIMEOUT)).join('\n'))
  } catch (error) {
    app.log.debug('the upstreams were not probed to the end', { error: String(error) })
  }
}

async function reload(app: App): Promise<void> {
  const reloaded = await app.reload()
  if (reloaded.ok) {
    app.log.info('the new configuration is in force')
    return
  }
  app.log.error('the new configuration was refused; the old one stays in force')
  for (const problem of reloaded.problems) app.log.error(problem)
}
