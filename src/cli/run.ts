// Which command is meant.

import { check } from './check.ts'
import { demo } from './demo.ts'
import { serve } from './serve.ts'
import { version } from './version.ts'

const HELP = `dotward: ordinary DNS in, DNS over TLS out

  dotward [serve] [-c FILE]   run the proxy (the default)
  dotward check [-c FILE]     say what is wrong with a configuration
  dotward demo [--once]       try it without internet, root or configuration
  dotward --version

Without -c, /etc/dotward/dotward.yaml is read if it is there. DNS_SERVER, DNS_PORT, LISTEN_ADDR,
LISTEN_PORT and DOTWARD_<SECTION>__<KEY> in the environment go over the file.
SIGHUP reads the configuration again, SIGUSR1 prints counters, SIGTERM stops.`

/** @returns the exit code: 0 fine, 1 failed, 2 wrong usage */
export async function run(args: readonly string[]): Promise<number> {
  const [command = 'serve', ...rest] = args
  switch (command) {
    case 'serve':
      return serve(rest)
    case 'check':
      return check(rest)
    case 'demo':
      return demo(rest)
    case '--version':
    case '-v':
      console.log(version())
      return 0
    case '--help':
    case '-h':
    case 'help':
      console.log(HELP)
      return 0
    default:
      if (command.startsWith('-')) return serve(args)
      console.error(`dotward: no command "${command}"\n\n${HELP}`)
      return 2
  }
}
