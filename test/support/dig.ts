// Asks with the tools that operators use, and reads what they print.

import { runProgram } from './processes.ts'

export interface DigRecord {
  /** As printed, final dot included. */
  readonly name: string
  readonly ttl: number
  readonly type: string
  readonly data: string
}

export interface DigAnswer {
  readonly output: string
  /** NOERROR, NXDOMAIN, …; empty when no answer came. */
  readonly status: string
  /** Header flags as printed: qr, aa, tc, rd, ra, ad, cd. */
  readonly flags: readonly string[]
  /** The question as printed, letter case kept. */
  readonly question: string
  readonly answer: readonly DigRecord[]
  readonly authority: readonly DigRecord[]
  readonly additional: readonly DigRecord[]
  /** An OPT record came with it. */
  readonly edns: boolean
  /** The address and port that answered, as printed. */
  readonly server: string
  /** Octets of the message. */
  readonly size: number
}

export interface Server {
  readonly host: string
  readonly port: number
}

/** `dig` (BIND). `args`: name, type and +options, as on the command line. */
export function dig(server: Server, ...args: string[]): Promise<DigAnswer> {
  return ask('dig', server, ['+tries=1', '+time=10', ...args])
}

/** `kdig` (Knot DNS). */
export function kdig(server: Server, ...args: string[]): Promise<DigAnswer> {
  return ask('kdig', server, ['+retry=0', '+time=10', ...args])
}

async function ask(tool: string, { host, port }: Server, args: string[]): Promise<DigAnswer> {
  return parseDig((await runProgram(tool, [`@${host}`, '-p', `${port}`, ...args])).output)
}

/** `nslookup`, not interactive. Returns what it prints. */
export async function nslookup({ host, port }: Server, ...args: string[]): Promise<string> {
  const options = [`-port=${port}`, '-timeout=10', '-retry=0']
  return (await runProgram('nslookup', [...options, ...args, host])).output
}

/** `host`. Returns what it prints. */
export async function hostLookup(server: Server, ...args: string[]): Promise<string> {
  const options = ['-W', '10', '-R', '1', '-p', `${server.port}`]
  return (await runProgram('host', [...options, ...args, server.host])).output
}

/** Reads what dig or kdig printed; the two differ in letter case and separators only. */
export function parseDig(output: string): DigAnswer {
  const first = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? ''
  return {
    output,
    status: first(/->>HEADER<<-.* status: (\w+)/),
    flags: first(/^;; flags:([^;]*);/im)
      .trim()
      .split(/\s+/),
    question: first(/^;; QUESTION SECTION:\n;+\s*(.+)$/m).replaceAll(/\s+/g, ' '),
    answer: section(output, 'ANSWER'),
    authority: section(output, 'AUTHORITY'),
    additional: section(output, 'ADDITIONAL'),
    edns: /EDNS: ?version|EDNS PSEUDOSECTION/.test(output),
    server: first(/^;; (?:SERVER:|From) (\S+?)(?:\(|$)/m),
    size: Number(first(/(?:MSG SIZE\s+rcvd:|Received) (\d+)/)),
  }
}

function section(output: string, name: string): DigRecord[] {
  const body = new RegExp(`^;; ${name} SECTION:\\n((?:.+\\n)*)`, 'm').exec(output)?.[1] ?? ''
  return body.split('\n').flatMap((line) => {
    const match = /^(\S+)\s+(\d+)\s+\S+\s+(\S+)\s*(.*)$/.exec(line)
    if (match === null || line.startsWith(';')) return []
    const [, owner, ttl, type, data] = match
    return [{ name: owner!, ttl: Number(ttl), type: type!, data: data! }]
  })
}
