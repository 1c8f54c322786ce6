// The demo's lines, at most 80 columns wide. Bold and dim where the terminal has them and NO_COLOR
// is not set.

import { styleText } from 'node:util'
import type { App } from '../../app/app.ts'
import type { TlsAgreement } from './dot-server.ts'
import type { Seen, Step } from './tour.ts'
import { SERVER_NAME } from './zone-data.ts'

/** Widths of the table's columns but the last. */
const COLUMNS = { question: 24, transport: 5, text: 29, proven: 3 } as const
const ORIGIN_WIDTH = 8
const TIME_WIDTH = 8

export interface Running {
  readonly app: App
  readonly version: string
  /** Milliseconds since the process began. */
  readonly readyAfter: number
  /** Of the DoT server, on 127.0.0.1. */
  readonly upstreamPort: number
  /** Between the proxy and the DoT server. */
  readonly agreement: TlsAgreement
}

const bold = (text: string): string => styleText('bold', text, { stream: process.stdout })
const dim = (text: string): string => styleText('dim', text, { stream: process.stdout })

/** What runs, and how it hangs together. */
export function runningLines({
  app,
  version,
  readyAfter,
  upstreamPort,
  agreement,
}: Running): string[] {
  const { workers, cache } = app.config
  const hosts = app.listeners.map(({ address }) => address).join(' and ')
  const port = app.listeners[0]?.port
  const threads = workers === 1 ? '1 worker' : `${workers} workers`
  const noIpv6 = app.listeners.length === 1 ? ' (no IPv6 here)' : ''
  return [
    `${bold(`dotward ${version}`)}: ordinary DNS in, DNS over TLS out`,
    dim(`Ready after ${Math.round(readyAfter)} ms. Nothing here asks the internet.`),
    '',
    `  ${bold('you')}         ask over UDP and TCP, port ${port} on ${hosts}${noIpv6}`,
    `   ${dim('│')}`,
    `  ${bold('dotward')}     ${threads}, ${cache.size / 2 ** 20} MiB of cache, validating`,
    `   ${dim('│')}          ${agreement.protocol}, ALPN ${agreement.alpn}, certificate of ${SERVER_NAME} verified`,
    `  ${bold('DoT server')}  127.0.0.1 port ${upstreamPort}, with a CA and a signed root of its own`,
    '',
  ]
}

export function tableHead(): string[] {
  const { question, transport, text, proven } = COLUMNS
  const asked = 'question'.padEnd(question) + 'over'.padEnd(transport)
  const head = `  ${asked}${'answer'.padEnd(text)}${'AD'.padEnd(proven)}`
  return [
    bold('A few questions, asked through it now'),
    '',
    dim(`${head}${'from'.padEnd(ORIGIN_WIDTH)}${'ms'.padStart(TIME_WIDTH)}`),
  ]
}

export function tableLine({ step, text, origin, ms, right, isSecure }: Seen): string[] {
  const { name, type, transport } = step
  const { question, transport: over, text: answer } = COLUMNS
  const cells = [
    `${name} ${type}`.padEnd(question),
    transport.padEnd(over),
    text.padEnd(answer),
    (isSecure ? '✓' : '').padEnd(COLUMNS.proven),
    origin.padEnd(ORIGIN_WIDTH),
    ms.toFixed(1).padStart(TIME_WIDTH),
  ]
  const line = `  ${cells.join('')}`
  return right ? [line] : [line, bold(`  ^ wrong: expected was ${expectedText(step)}`)]
}

const expectedText = ({ expected, isSecure, origins }: Step): string =>
  `${expected}, ${isSecure ? 'proven' : 'not proven'}, from ${origins.join(' and ')}`

/** What the table comes to. */
export function summaryLines(seen: readonly Seen[]): string[] {
  const wrong = seen.filter(({ right }) => !right).length
  const verdict = wrong === 0 ? 'every answer is right' : `${wrong} wrong answers`
  const upstream = seen.filter(({ origin }) => origin === 'upstream').length
  const shared = seen.filter(({ origin }) => origin === 'shared').length
  return [
    '',
    `  ${seen.length} questions, ${upstream} of them asked over TLS, ${verdict}.`,
    ...(shared === 0 ? [] : ['  The last two were asked at the same moment and shared one query.']),
    ...refusalLines(seen),
  ]
}

function refusalLines(seen: readonly Seen[]): string[] {
  const reasons = seen.flatMap(({ why }) => (why === null ? [] : wrapped(why)))
  if (reasons.length === 0) return []
  return [
    '  AD: proven by signatures from the root down. One answer was refused, since',
    ...reasons.map((line) => dim(`    ${line}`)),
  ]
}

/** In lines that leave room for a margin. */
function wrapped(text: string): string[] {
  return (text.match(/.{1,75}(?: |$)/g) ?? []).map((line) => line.trimEnd())
}

/** Command lines that work as they stand, each with what it shows. */
export function tryLines(app: App): string[] {
  const port = app.listeners[0]?.port
  const ipv6 = app.listeners.some(({ address }) => address === '::1')
  const commands = [
    [`dig @127.0.0.1 -p ${port} www.demo.example`, 'an address'],
    [`dig @${ipv6 ? '::1' : '127.0.0.1'} -p ${port} shop.demo.example AAAA`, 'three aliases'],
    [`dig @127.0.0.1 -p ${port} big.demo.example TXT`, '20 KB, by way of TCP'],
    [`dig @127.0.0.1 -p ${port} www.broken.example`, 'refused, and why'],
    [`kdig @127.0.0.1 -p ${port} +tcp demo.example HTTPS`, 'a newer type'],
    [`host -p ${port} demo.example 127.0.0.1`, 'addresses and mail'],
    [`nslookup -port=${port} -type=caa demo.example 127.0.0.1`, 'who may certify'],
  ] as const
  const width = Math.max(...commands.map(([command]) => command.length)) + 3
  return [
    '',
    bold('Try it yourself, in another terminal'),
    '',
    ...commands.map(([command, shows]) => `  ${command.padEnd(width)}${dim(`# ${shows}`)}`),
    '',
    'Ctrl-C ends it.',
  ]
}
