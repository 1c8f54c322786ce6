// The parts of a short form: an address or name, with or without a port.

import { isIPv6 } from 'node:net'

/** What the short form of an upstream says; its parts are checked with those of the long form. */
export interface UpstreamText {
  readonly address: string
  readonly port?: number | string
  readonly tlsName?: string
}

/** Splits `host`, `host:port`, `host@port`, `[host]`, `[host]:port` and `[host]@port`. */
export function splitEndpoint(text: string): { host: string; port?: number | string } | null {
  if (isIPv6(text)) return { host: text }
  const match =
    /^\[(?<host>[^\]]*)\](?:[:@](?<port>.+))?$/.exec(text) ??
    /^(?<host>[^@]*)@(?<port>.+)$/.exec(text) ??
    /^(?<host>[^:]*)(?::(?<port>.+))?$/.exec(text)
  if (match === null) return null
  const { host, port } = match.groups as { host: string; port?: string }
  if (port === undefined) return { host }
  return { host, port: /^\d{1,5}$/.test(port) ? Number(port) : port }
}
