// Connections to MongoDB as a cache wants them: what cannot be had soon fails soon, nothing is tried
// twice, and errors say nothing of passwords.

import type * as Driver from 'mongodb'

export interface MongoClientOptions {
  /** As MongoDB's drivers take it, with user, password and the members of a replica set. */
  readonly url: string
  /** In PEM; null for what the url says. */
  readonly tls: MongoTls | null
}

export interface MongoTls {
  /** Null for the authorities that the system trusts, and for no certificate of our own. */
  readonly ca: string | null
  readonly certificate: string | null
  readonly key: string | null
  /** What the certificate of every server is for; null for the host that it is reached under. */
  readonly serverName: string | null
}

/** Milliseconds to find a server, to get a connection to it, and to connect. */
const SELECTION_TIMEOUT = 1_000
const QUEUE_TIMEOUT = 1_000
const CONNECT_TIMEOUT = 2_000

/** Milliseconds without an octet from a server that owes an answer; watching waits for a second. */
const STALL_TIMEOUT = 3_000

/** Milliseconds between looks at how the servers are. */
const HEARTBEAT = 2_000

/** Lookups of one tick share a connection, so do writes; watching has one, others may wait. */
const MAX_CONNECTIONS = 6

/** Rejects when the package is not installed, or the url is none. */
export async function openClient(options: MongoClientOptions): Promise<Driver.MongoClient> {
  const { MongoClient } = await importDriver()
  try {
    return new MongoClient(options.url, {
      appName: 'dotward',
      ...tlsOptions(options.tls),
      maxPoolSize: MAX_CONNECTIONS,
      serverSelectionTimeoutMS: SELECTION_TIMEOUT,
      waitQueueTimeoutMS: QUEUE_TIMEOUT,
      connectTimeoutMS: CONNECT_TIMEOUT,
      socketTimeoutMS: STALL_TIMEOUT,
      heartbeatFrequencyMS: HEARTBEAT,
      // What may be lost is not worth waiting for a majority.
      writeConcern: { w: 1 },
      // Whoever asked has no time for a second try.
      retryReads: false,
      retryWrites: false,
      promoteBuffers: true,
    })
  } catch (error) {
    return refuse(error, options.url)
  }
}

/** Without the cause, which repeats the url. */
function refuse(error: unknown, url: string): never {
  throw new Error(`the url of the store is of no use: ${cleared(error, url)}`)
}

/** What an error says, without the url that it may repeat, and without the password in it. */
export function cleared(error: unknown, url: string): string {
  const text = error instanceof Error ? error.message : String(error)
  const [, user] = /^[^/]*\/\/(.*)@/s.exec(url) ?? []
  if (user === undefined) return text
  const password = user.slice(user.indexOf(':') + 1)
  const secrets = [url, user, password, decoded(password)].filter((secret) => secret !== '')
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '(hidden)'), text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function importDriver(): Promise<typeof Driver> {
  try {
    return await import('mongodb')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error('a store in MongoDB needs a package: npm install mongodb', { cause: error })
  }
}

function tlsOptions(tls: MongoTls | null): Driver.MongoClientOptions {
  if (tls === null) return {}
  const { ca, certificate, key, serverName } = tls
  return {
    tls: true,
    ...(ca === null ? {} : { ca }),
    ...(certificate === null ? {} : { cert: certificate }),
    ...(key === null ? {} : { key }),
    ...(serverName === null ? {} : { servername: serverName }),
  }
}
