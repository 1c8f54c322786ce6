// The address of a Redis, as programs commonly write it, with several hosts where there are several:
//
//   redis://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE     rediss:// for TLS

import { Fault } from './problem.ts'

export interface RedisUrl {
  readonly isTls: boolean
  readonly username: string | null
  readonly password: string | null
  readonly hosts: readonly RedisHost[]
  readonly database: number
}

export interface RedisHost {
  readonly host: string
  /** Null for the usual one. */
  readonly port: number | null
}

/** Users paste passwords as they are: whatever stands before the last @ is user and password. */
const SHAPE = /^(rediss?):\/\/(?:(.*)@)?([^@/?#\s]+)(?:\/(\d{0,5}))?$/

const HOST = /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i

/** A fault repeats nothing of the address: it may hold a password. */
export function readRedisUrl(text: string): RedisUrl | Fault {
  const [, scheme, user, hostList, database] = SHAPE.exec(text) ?? []
  const hosts = hostList?.split(',').map(readHost) ?? []
  if (hosts.length === 0 || hosts.includes(null)) {
    return new Fault(
      'is not the address of a Redis',
      'write it as redis://HOST:PORT, or rediss:// for TLS; several as HOST:PORT,HOST:PORT',
    )
  }
  const [, username, password] = /^([^:]*)(?::(.*))?$/s.exec(user ?? '')!
  const credentials = [username, password].map(decoded)
  if (credentials.includes(undefined)) {
    return new Fault(
      'has a % in its user or password that encodes nothing',
      'write %25 for it, or give username and password beside the url',
    )
  }
  return {
    isTls: scheme === 'rediss',
    username: credentials[0] || null,
    password: credentials[1] || null,
    hosts: hosts.filter((host) => host !== null),
    database: Number(database ?? 0),
  }
}

function readHost(text: string): RedisHost | null {
  const [, address, name, port] = HOST.exec(text) ?? []
  const host = address ?? name
  if (host === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) return null
  return { host, port: port === undefined ? null : Number(port) }
}

/** Undefined for what is not percent-encoded right. */
function decoded(text = ''): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
