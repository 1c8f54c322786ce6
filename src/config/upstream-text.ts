// The short forms of an upstream: `tls://192.0.2.1:853#dns.example.org`,
// `192.0.2.1@853#dns.example.org`, `[2001:db8::1]:853#dns.example.org`, a bare address, a stamp.

import { splitEndpoint, type UpstreamText } from './endpoint.ts'
import { Fault, show } from './problem.ts'
import { isStamp, readStamp } from './stamp.ts'

const REMEDY = 'write it as ADDRESS, ADDRESS#NAME or ADDRESS:PORT#NAME'

export function readUpstreamText(text: string): UpstreamText | Fault {
  if (isStamp(text)) return readStamp(text)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)
  if (scheme !== null && scheme[1]!.toLowerCase() !== 'tls') {
    return new Fault(
      `${show(scheme[1])} is not DNS over TLS, the only way this version asks an upstream`,
      'write it as tls://ADDRESS:PORT#NAME',
    )
  }
  const body = scheme === null ? text : text.slice(scheme[0].length)
  const mark = body.indexOf('#')
  const endpoint = splitEndpoint(mark === -1 ? body : body.slice(0, mark))
  if (endpoint === null || endpoint.host === '') {
    return new Fault(`${show(text)} is not an upstream`, REMEDY)
  }
  const tlsName = mark === -1 ? undefined : body.slice(mark + 1)
  if (tlsName === '') return new Fault(`${show(text)} has no name behind the #`, REMEDY)
  return {
    address: endpoint.host,
    ...(endpoint.port === undefined ? {} : { port: endpoint.port }),
    ...(tlsName === undefined ? {} : { tlsName }),
  }
}
