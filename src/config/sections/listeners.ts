import type * as z from 'zod'
import { bracketed, canonicalAddress } from '../address.ts'
import { Fault, show } from '../problem.ts'
import { integer, list, optional, report, required, section } from '../values.ts'

const PROTOCOLS = ['udp', 'tcp'] as const
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
    new Fault(`${show(input)} is not a protocol known to this version`, 'give udp or tcp'),
})

const protocols = list<ListenProtocol>({
  about: 'Transports to listen for: udp, tcp or both.',
  initial: PROTOCOLS,
  min: 1,
  max: PROTOCOLS.length,
  of: protocol,
}).superRefine((chosen, context) => {
  for (const [i, one] of chosen.entries()) {
    if (chosen.indexOf(one) !== i) {
      report(context, new Fault(`${one} is named twice`, 'leave one out'), [i])
    }
  }
})

const listener = section('One address and port.', {
  address,
  port: integer({
    about: 'Port to listen on. 0 lets the system choose a free one.',
    initial: 53,
    min: 0,
    max: 65_535,
  }),
  protocols,
})

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
