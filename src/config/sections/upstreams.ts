import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import * as z from 'zod'
import { bracketed, canonicalAddress } from '../address.ts'
import { knownTlsName } from '../known-resolvers.ts'
import { Fault, show } from '../problem.ts'
import { readUpstreamText } from '../upstream-text.ts'
import { integer, list, optional, report, required, section } from '../values.ts'

const DOT_PORT = 853
const PIN_LENGTH = 32

const name = optional<string | null>({
  about: 'What logs and counters call it; by default made of address, port and tlsName.',
  initial: null,
  shape: { type: ['string', 'null'], pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' },
  read(input) {
    if (input === null) return null
    if (typeof input === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(input)) return input
    return new Fault(
      `${show(input)} is not a name`,
      'give 1 to 63 letters, digits, dots, dashes and underscores',
    )
  },
})

const address = required<string>({
  about: 'IP address of the server.',
  shape: { type: 'string' },
  read(input) {
    const canonical = typeof input === 'string' ? canonicalAddress(input) : null
    if (canonical !== null) return canonical
    const isName = typeof input === 'string' && /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?$/.test(input)
    return isName && /[A-Za-z]/.test(input)
      ? new Fault(
          `${show(input)} is a host name, and names of upstreams are not looked up by this version`,
          `give the server's IP address, with #${input} behind it or as tlsName`,
        )
      : new Fault(`${show(input)} is not an IP address`, 'give the IP address of the server')
  },
})

const authenticationName = optional<string | null>({
  about:
    'Name that the certificate must carry (RFC 8310 §8.1), or the address itself where the certificate is issued for it. May be left out for a public resolver we know.',
  initial: null,
  shape: { type: ['string', 'null'] },
  read(input) {
    if (input === null) return null
    const ascii = typeof input === 'string' ? canonicalName(input) : null
    return (
      ascii ??
      new Fault(`${show(input)} is not a host name`, 'give the name in the server’s certificate')
    )
  },
})

const pin = required<string>({
  about: 'Base64 of the SHA-256 of a SubjectPublicKeyInfo (RFC 7858 §4.2).',
  shape: { type: 'string', pattern: '^[A-Za-z0-9+/]{43}=$' },
  read: (input) =>
    typeof input === 'string' &&
    /^[A-Za-z0-9+/]{43}=$/.test(input) &&
    Buffer.from(input, 'base64').length === PIN_LENGTH
      ? input
      : new Fault(
          `${show(input)} is not a pin`,
          'give the base64 of the SHA-256 of the public key, 44 characters long',
        ),
})

function file(about: string) {
  return optional<string | null>({
    about,
    initial: null,
    shape: { type: ['string', 'null'] },
    read: (input) =>
      input === null || (typeof input === 'string' && input !== '' && !input.includes('\0'))
        ? input
        : new Fault(`${show(input)} is not a file name`, 'give the path of a PEM file'),
  })
}

const longForm = section('A DNS-over-TLS server (RFC 7858).', {
  name,
  address,
  port: integer({ about: 'Port of the server.', initial: DOT_PORT, min: 1, max: 65_535 }),
  tlsName: authenticationName,
  pins: list<string>({
    about:
      'Public keys, one of which must be in the server’s chain, besides the right name; at most 8.',
    initial: [],
    min: 0,
    max: 8,
    of: pin,
  }),
  ca: file(
    'PEM file of the authorities that may sign the certificate, instead of those of Node.js. Relative to the folder of this file.',
  ),
  clientCertificate: file('PEM file of our own certificate, for a server that asks for one.'),
  clientKey: file('PEM file of its key.'),
})

/** `tlsName` is null when the certificate must carry the address itself. */
export type Upstream = Omit<z.output<typeof longForm>, 'name'> & {
  name: string
}

const upstream: z.ZodType<Upstream> = z
  .preprocess((input, context) => {
    if (typeof input === 'object') return input
    const read =
      typeof input === 'string'
        ? readUpstreamText(input)
        : new Fault(`${show(input)} is not an upstream`, 'write it as ADDRESS#NAME or as a map')
    if (!(read instanceof Fault)) return read
    report(context, read)
    return z.NEVER
  }, longForm)
  .transform((given, context) => {
    const authenticated = given.tlsName ?? knownTlsName(given.address)
    // Strict profile (RFC 8310 §5): what cannot be authenticated is not asked.
    if (authenticated === null) {
      const fault = new Fault(
        `nothing says whose certificate ${given.address} must show`,
        `give its name as tlsName or #NAME, or #${given.address} when it is issued for the address`,
      )
      report(context, fault)
    } else if (isIP(authenticated) !== 0 && authenticated !== given.address) {
      const fault = new Fault(
        `${authenticated} is not the address of this upstream, ${given.address}`,
        'give the name in its certificate, or its own address',
      )
      report(context, fault, ['tlsName'])
    }
    if ((given.clientCertificate === null) !== (given.clientKey === null)) {
      const fault = new Fault('certificate and key go together', 'give both or neither')
      report(context, fault, [given.clientKey === null ? 'clientCertificate' : 'clientKey'])
    }
    const tlsName = authenticated === given.address ? null : authenticated
    return { ...given, tlsName, name: given.name ?? derivedName({ ...given, tlsName }) }
  })
  .meta({
    shortForm:
      'ADDRESS, ADDRESS#NAME, ADDRESS:PORT#NAME, ADDRESS@PORT#NAME, tls://ADDRESS:PORT#NAME or sdns://STAMP',
  })

export const upstreams = list<Upstream>({
  about: 'DNS-over-TLS servers, asked in this order; at most 32.',
  initial: ['1.1.1.1#cloudflare-dns.com', '1.0.0.1#cloudflare-dns.com'],
  min: 1,
  max: 32,
  of: upstream,
}).superRefine((all, context) => {
  for (const [i, one] of all.entries()) {
    const earlier = all.slice(0, i)
    const twin = earlier.findIndex((other) => derivedName(other) === derivedName(one))
    const namesake = earlier.findIndex((other) => other.name === one.name)
    if (twin !== -1) {
      const fault = new Fault(`is the same server as upstreams[${twin}]`, 'leave one out')
      report(context, fault, [i])
    } else if (namesake !== -1) {
      const fault = new Fault(
        `${show(one.name)} is the name of upstreams[${namesake}]`,
        'give each upstream its own name',
      )
      report(context, fault, [i, 'name'])
    }
  }
})

/** The short form: it tells apart any two upstreams that are not the same. */
function derivedName(one: Pick<Upstream, 'address' | 'port' | 'tlsName'>): string {
  const host = one.port === DOT_PORT ? one.address : `${bracketed(one.address)}:${one.port}`
  return `${host}#${one.tlsName ?? one.address}`
}

/** Lower case, without the final dot, in ASCII (RFC 5890 §2.3.2.1); an address as it is written. */
function canonicalName(text: string): string | null {
  const literal = canonicalAddress(text)
  if (literal !== null) return literal.includes('%') ? null : literal
  const ascii = domainToASCII(text.replace(/\.$/, ''))
  const labels = ascii.split('.')
  const isName =
    ascii.length <= 253 &&
    labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label)) &&
    isIP(ascii) === 0
  return isName ? ascii : null
}
