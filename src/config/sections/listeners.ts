import type * as z from 'zod'
import { bracketed, canonicalAddress } from '../address.ts'
import { Fault, show } from '../problem.ts'
import { listenerAccess } from './access.ts'
import { discovery, listenerHttps } from './listener-https.ts'
import { listenerTls } from './listener-tls.ts'
import { proxyProtocol } from './proxy-protocol.ts'
import { integer, list, optional, report, required, section } from '../values.ts'

const PLAIN_PORT = 53
const PROTOCOLS = ['udp', 'tcp', 'tls', 'https'] as const
const DEFAULT_PROTOCOLS = ['udp', 'tcp'] as const
/** Each takes TCP ports as a whole. */
const STREAMS = ['tcp', 'tls', 'https'] as const
type ListenProtocol = (typeof PROTOCOLS)[number]

const address = optional<string>({
  about: 'IP address to listen on; "::" takes every IPv6 and IPv4 address of the machine.',
  initial: '::',
  shape: { type: 'string' },
  read: (input) =>
    (typeof input === 'string' ? canonicalAddress(input) : null) ??
    new Fault(`${show(input)} is not an IP address`, 'give one, in quotes when it is IPv6'),
})

const protocol = required<ListenProtocol>({
  about: 'Transport that clients use.',
  shape: { enum: PROTOCOLS },
  read: (input) =>
    PROTOCOLS.find((one) => one === input) ??
    new Fault(
      `${show(input)} is not a protocol known to this version`,
      'give udp, tcp, tls or https',
    ),
})

const protocols = list<ListenProtocol>({
  about: 'Transports to listen for: udp and tcp, tls (RFC 7858), or https (RFC 8484).',
  initial: DEFAULT_PROTOCOLS,
  min: 1,
  max: PROTOCOLS.length,
  of: protocol,
}).superRefine((chosen, context) => {
  for (const [i, one] of chosen.entries()) {
    if (chosen.indexOf(one) !== i) {
      report(context, new Fault(`${one} is named twice`, 'leave one out'), [i])
    }
  }
  const streams = STREAMS.filter((one) => chosen.includes(one))
  if (streams.length > 1) {
    const fault = `${streams.join(' and ')} cannot share a port`
    report(context, new Fault(fault, 'give each a listener with a port of its own'))
  }
})

const listenerShape = section('One address and port.', {
  address,
  port: integer({
    about: 'Port to listen on. 0 lets the system choose a free one.',
    initial: PLAIN_PORT,
    min: 0,
    max: 65_535,
  }),
  protocols,
  proxyProtocol: proxyProtocol.optional(),
  tls: listenerTls.optional(),
  https: listenerHttps.optional(),
  discovery: discovery.optional(),
  access: listenerAccess.optional(),
})

const listener = listenerShape.superRefine(checkTls).superRefine(checkHttps)

/** Ports of DNS over TLS (RFC 7858 §3.1) and HTTPS. */
const USUAL_PORTS = { tls: 853, https: 443 } as const

const MISSING_TLS = new Fault(
  'is missing: a client of tls or https wants to see a certificate',
  'add tls: { certificate: FILE, key: FILE }, the PEM files of the certificate for the name by which clients know this server, and of its key',
)

function checkTls(one: z.output<typeof listenerShape>, context: z.core.$RefinementCtx): void {
  const secure = one.protocols.find((it) => it === 'tls' || it === 'https')
  if (secure === undefined) {
    if (one.tls === undefined) return
    const remedy = 'add tls or https to protocols, or leave it out'
    report(context, new Fault('is for tls and https alone', remedy), ['tls'])
    return
  }
  if (one.tls === undefined) report(context, MISSING_TLS, ['tls'])
  if (one.port !== PLAIN_PORT) return
  const remedy = `give port: ${USUAL_PORTS[secure]}, or what clients are told to use`
  const fault = `${PLAIN_PORT} is the port of DNS without encryption`
  report(context, new Fault(fault, remedy), ['port'])
}

function checkHttps(one: z.output<typeof listenerShape>, context: z.core.$RefinementCtx): void {
  const isHttps = one.protocols.includes('https')
  if (one.https !== undefined && !isHttps) {
    const remedy = 'add https to protocols, or leave it out'
    report(context, new Fault('is for https alone', remedy), ['https'])
  }
  if (one.discovery !== undefined && !isHttps && !one.protocols.includes('tls')) {
    const remedy = 'give it to the listener that clients shall find, of tls or https'
    report(context, new Fault('is for tls and https alone', remedy), ['discovery'])
  }
}

export type Listener = z.output<typeof listener>

/** What makes two listeners the same across a reload. */
export function listenerId({ address: host, port }: Pick<Listener, 'address' | 'port'>): string {
  return `${bracketed(host)}:${port}`
}

export const listeners = list<Listener>({
  about: 'Where queries come in, at most 64.',
  initial: [{ address: '::', port: 53 }],
  min: 1,
  max: 64,
  of: listener,
}).superRefine((all, context) => {
  for (const [i, one] of all.entries()) {
    const rival = all.findIndex((other, j) => j < i && collide(other, one))
    if (rival === -1) continue
    const same = `listeners[${rival}]`
    report(context, new Fault(`${listenerId(one)} is taken by ${same}`, 'leave one out'), [i])
  }
})

/** "::" is bound for both families, so it takes IPv4's wildcard with it. */
function collide(a: Listener, b: Listener): boolean {
  if (a.port !== b.port || a.port === 0) return false
  const wildcards = new Set([a.address, b.address])
  return wildcards.size === 1 || (wildcards.has('::') && wildcards.has('0.0.0.0'))
}
