import { isIP } from 'node:net'
import * as z from 'zod'
import { bracketed, canonicalAddress } from '../address.ts'
import { didYouMean } from '../did-you-mean.ts'
import { canonicalDomain } from '../domain.ts'
import { knownTlsName } from '../known-resolvers.ts'
import { Fault, show } from '../problem.ts'
import { readUpstreamText } from '../upstream-text.ts'
import { choice, file, integer, list, optional, report, required, section } from '../values.ts'

const DOT_PORT = 853
const PLAIN_PORT = 53
const PIN_LENGTH = 32

function name(about: string) {
  return optional<string | null>({
    about,
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
}

const REMEDY_PORT = 'give a whole number from 1 to 65535'

const port = optional<number | null>({
  about: 'Port of the server, from 1 to 65535; by default 853, and 53 for plain.',
  initial: null,
  shape: { type: ['integer', 'null'], minimum: 1, maximum: 65_535 },
  read(input) {
    if (input === null) return null
    if (typeof input !== 'number' || !Number.isInteger(input)) {
      return new Fault(`${show(input)} is not a whole number`, REMEDY_PORT)
    }
    if (input < 1) return new Fault(`${input} is below the minimum of 1`, REMEDY_PORT)
    if (input > 65_535) return new Fault(`${input} is above the maximum of 65535`, REMEDY_PORT)
    return input
  },
})

const address = required<string>({
  about: 'IP address of the server, or its host name, which bootstrap.servers resolve.',
  shape: { type: 'string' },
  read(input) {
    const canonical = typeof input === 'string' ? canonicalAddress(input) : null
    if (canonical !== null) return canonical
    const host = typeof input === 'string' ? canonicalDomain(input) : null
    // A top-level domain in digits is an address gone wrong (RFC 1123 §2.1).
    return host !== null && /(^|\.)[^.]*[a-z][^.]*$/.test(host)
      ? host
      : new Fault(
          `${show(input)} is neither an IP address nor a host name`,
          'give the IP address or the name of the server',
        )
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

const CIPHER_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const
type CipherSuite = (typeof CIPHER_SUITES)[number]

const cipher = required<CipherSuite>({
  about: 'A cipher suite, by its name in OpenSSL.',
  shape: { enum: CIPHER_SUITES },
  read(input) {
    const known = CIPHER_SUITES.find((one) => one === input)
    if (known !== undefined) return known
    const meant = typeof input === 'string' ? didYouMean(input, CIPHER_SUITES) : null
    return new Fault(
      `${show(input)} is no cipher suite that is safe for DNS over TLS`,
      meant === null ? `known are: ${CIPHER_SUITES.join(', ')}` : `did you mean ${meant}?`,
    )
  },
})

const longForm = section('A DNS-over-TLS server (RFC 7858).', {
  name: name('What logs and counters call it; by default made of address, port and tlsName.'),
  address,
  port,
  protocol: choice({
    about:
      'dot: DNS over TLS; plain: unencrypted DNS over UDP and TCP, for a zone inside of a network, and only by a route.',
    initial: 'dot',
    choices: ['dot', 'plain'],
  }),
  group: name(
    'The group it belongs to, for routes. Those without a group that no route names, and those of the group default, are asked for all other names.',
  ),
  weight: integer({
    about: 'Its share of the queries of its group, beside the weights of the others.',
    initial: 1,
    min: 1,
    max: 1000,
  }),
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
  profile: choice({
    about:
      'strict: a server that does not prove its name is not asked (RFC 8310 §5); opportunistic: it is, over TLS still, and whoever sits on the way may be answering. Pins must match either way.',
    initial: 'strict',
    choices: ['strict', 'opportunistic'],
  }),
  minVersion: choice({
    about: 'The oldest version of TLS to accept; RFC 9325 §3.1.1 allows none older than 1.2.',
    initial: 'TLSv1.2',
    choices: ['TLSv1.2', 'TLSv1.3'],
  }),
  ciphers: list<CipherSuite>({
    about:
      'Cipher suites to offer, in order of preference, by their names in OpenSSL; all of those known here when empty. Each encrypts with authentication and exchanges a fresh key (RFC 9325 §4.2), so that there is nothing unsafe to choose.',
    initial: [],
    min: 0,
    max: CIPHER_SUITES.length,
    of: cipher,
  }),
})

/** `tlsName` is null when the certificate must carry the address itself, and for plain. */
export type Upstream = Omit<z.output<typeof longForm>, 'name' | 'port'> & {
  name: string
  port: number
}

type Given = z.output<typeof longForm>

/** Strict profile (RFC 8310 §5): what cannot be authenticated is not asked. */
function authenticate(given: Given, context: z.core.$RefinementCtx): string | null {
  const { address: host, clientCertificate, clientKey } = given
  const authenticated = given.tlsName ?? (isIP(host) === 0 ? host : knownTlsName(host))
  if (authenticated === null && given.profile === 'strict') {
    const fault = new Fault(
      `nothing says whose certificate ${host} must show`,
      `give its name as tlsName or #NAME, or #${host} when it is issued for the address`,
    )
    report(context, fault)
  } else if (authenticated !== null && isIP(authenticated) !== 0 && authenticated !== host) {
    const fault = new Fault(
      `${authenticated} is not the address of this upstream, ${host}`,
      'give the name in its certificate, or its own address',
    )
    report(context, fault, ['tlsName'])
  }
  if ((clientCertificate === null) !== (clientKey === null)) {
    const fault = new Fault('certificate and key go together', 'give both or neither')
    report(context, fault, [clientKey === null ? 'clientCertificate' : 'clientKey'])
  }
  return authenticated
}

/** What a plain server is asked cannot be proven or hidden; nobody may think that it is. */
function reportIdentity(given: Given, context: z.core.$RefinementCtx): void {
  const meaningless = (['tlsName', 'pins', 'ca', 'clientCertificate', 'clientKey'] as const).filter(
    (setting) => given[setting] !== null && given[setting]?.length !== 0,
  )
  for (const setting of meaningless) {
    const fault = new Fault('means nothing to a plain upstream', 'remove it, or the protocol')
    report(context, fault, [setting])
  }
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
    const { protocol } = given
    if (protocol === 'plain') reportIdentity(given, context)
    const tlsName = protocol === 'plain' ? null : authenticate(given, context)
    const settled = {
      ...given,
      port: given.port ?? (protocol === 'plain' ? PLAIN_PORT : DOT_PORT),
      tlsName: tlsName === given.address ? null : tlsName,
    }
    return { ...settled, name: given.name ?? derivedName(settled) }
  })
  .meta({
    shortForm:
      'ADDRESS, ADDRESS#NAME, ADDRESS:PORT#NAME, ADDRESS@PORT#NAME, tls://ADDRESS:PORT#NAME or sdns://STAMP',
  })

export const upstreams = list<Upstream>({
  about: 'Servers to ask, in order of preference; at most 256.',
  initial: ['1.1.1.1#cloudflare-dns.com', '1.0.0.1#cloudflare-dns.com'],
  min: 1,
  max: 256,
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
function derivedName(one: Pick<Upstream, 'address' | 'port' | 'tlsName' | 'protocol'>): string {
  if (one.protocol === 'plain') return `plain://${bracketed(one.address)}:${one.port}`
  const host = one.port === DOT_PORT ? one.address : `${bracketed(one.address)}:${one.port}`
  return `${host}#${one.tlsName ?? one.address}`
}

/** Lower case, without the final dot, in ASCII (RFC 5890 §2.3.2.1); an address as it is written. */
function canonicalName(text: string): string | null {
  const literal = canonicalAddress(text)
  if (literal !== null) return literal.includes('%') ? null : literal
  const domain = canonicalDomain(text)
  return domain === '.' ? null : domain
}
