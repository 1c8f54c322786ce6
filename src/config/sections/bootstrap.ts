import { isIP } from 'node:net'
import { bracketed, canonicalAddress } from '../address.ts'
import { canonicalDomain } from '../domain.ts'
import { splitEndpoint } from '../endpoint.ts'
import { knownTlsName } from '../known-resolvers.ts'
import { Fault, show } from '../problem.ts'
import { list, required, section } from '../values.ts'

const DOT_PORT = 853
const PLAIN_PORT = 53

/** A server that resolves the host names of upstreams. `tlsName` is null for plain, and for the address. */
export interface BootstrapServer {
  readonly protocol: 'dot' | 'plain'
  /** As it was written, one way for each server. */
  readonly name: string
  readonly address: string
  readonly port: number
  readonly tlsName: string | null
}

const REMEDY = 'write it as ADDRESS, ADDRESS:PORT or tls://ADDRESS:PORT#NAME'

const server = required<BootstrapServer>({
  about:
    'A server by its IP address: plain as ADDRESS or ADDRESS:PORT, over TLS as tls://ADDRESS#NAME or tls://ADDRESS:PORT#NAME.',
  shape: { type: 'string' },
  read: (input) =>
    typeof input === 'string'
      ? readServer(input)
      : new Fault(`${show(input)} is not a bootstrap server`, REMEDY),
})

function readServer(text: string): BootstrapServer | Fault {
  const secure = /^tls:\/\//i.test(text)
  const [place = '', name] = (secure ? text.slice('tls://'.length) : text).split('#', 2)
  const endpoint = splitEndpoint(place)
  const address = endpoint === null ? null : canonicalAddress(endpoint.host)
  if (endpoint === null || address === null) {
    return new Fault(`${show(text)} is not a bootstrap server by its IP address`, REMEDY)
  }
  const port = endpoint.port ?? (secure ? DOT_PORT : PLAIN_PORT)
  if (typeof port !== 'number' || port < 1 || port > 65_535) {
    return new Fault(`${show(port)} is not a port`, 'give a whole number from 1 to 65535')
  }
  const endpointText = `${bracketed(address)}:${port}`
  if (!secure) {
    return name === undefined
      ? { protocol: 'plain', name: endpointText, address, port, tlsName: null }
      : new Fault(`${show(text)} has a name, which means nothing without TLS`, REMEDY)
  }
  const proven = authenticated(address, name)
  if (proven instanceof Fault) return proven
  const tlsName = proven === address ? null : proven
  return { protocol: 'dot', name: `tls://${endpointText}#${proven}`, address, port, tlsName }
}

/** The name, or the address itself, that the certificate must carry (RFC 8310 §5). */
function authenticated(address: string, name: string | undefined): string | Fault {
  if (name === undefined) {
    return (
      knownTlsName(address) ??
      new Fault(`nothing says whose certificate ${address} must show`, `add #NAME or #${address}`)
    )
  }
  const literal = canonicalAddress(name)
  if (literal === address) return address
  const domain = isIP(name) === 0 ? canonicalDomain(name) : null
  return domain !== null && domain !== '.'
    ? domain
    : new Fault(`${show(name)} is not the name of a server`, 'give the name in its certificate')
}

export const bootstrap = section('Who resolves the host names of upstreams.', {
  servers: list<BootstrapServer>({
    about:
      'Asked for the addresses of upstreams that are given by host name, and for nothing else; the first at once, the next when those before fail or are late. Plain ones may be lied for: the upstream’s certificate decides.',
    initial: [],
    min: 0,
    max: 8,
    of: server,
  }),
})
