import type * as z from 'zod'
import { Fault, show } from '../problem.ts'
import { readMongoUrl } from '../mongo-url.ts'
import { type RedisUrl, readRedisUrl } from '../redis-url.ts'
import { choice, duration, file, flag, optional, report, section, size } from '../values.ts'

const KINDS = ['none', 'redis', 'mongodb', 'disk'] as const

function text(about: string, initial: string | null) {
  return optional<string | null>({
    about,
    initial,
    shape: { type: ['string', 'null'] },
    read: (input) =>
      input === null || (typeof input === 'string' && input !== '')
        ? input
        : new Fault(`${show(input)} is not a text`, 'give a text, or leave it out'),
  })
}

/** Faults of a secret never repeat it. */
function secretText(about: string) {
  return optional<string | null>({
    about,
    initial: null,
    shape: { type: ['string', 'null'] },
    read: (input) =>
      input === null || (typeof input === 'string' && input !== '')
        ? input
        : new Fault('is not a text', 'give a text in quotes, or leave it out'),
  })
}

const address = optional<string | null>({
  about:
    'Where the server is: redis://HOST:PORT/DATABASE, several as HOST:PORT,HOST:PORT, and rediss:// for TLS; mongodb://HOST:PORT with the members of a replica set. User and password may stand in it as USER:PASSWORD@, percent-encoded; they are never shown.',
  initial: null,
  shape: { type: ['string', 'null'] },
  // It may hold a password, so a fault does not repeat it.
  read: (input) =>
    input === null || (typeof input === 'string' && /^[a-z+]+:\/\/[^\s]+$/.test(input))
      ? input
      : new Fault('is not the address of a server', 'write it as redis://127.0.0.1:6379'),
})

const settings = section(
  'Answers that proxies share, or that outlive a restart. The order is: own memory, the store, the upstreams.',
  {
    kind: choice({
      about:
        'redis: Redis or Valkey. mongodb: MongoDB, with the package mongodb installed. disk: a file on this machine, with the package lmdb installed.',
      initial: 'none',
      choices: KINDS,
    }),
    url: address,
    mode: choice({
      about:
        'What the url of a Redis names: one server; some servers of a cluster, which name the others; or the Sentinels that know the server.',
      initial: 'single',
      choices: ['single', 'cluster', 'sentinel'],
    }),
    masterName: text('What Sentinels call the set of servers.', null),
    username: text('User at the server, where the url names none. A Redis has `default`.', null),
    password: secretText('Password of that user, where the url has none; it is never shown.'),
    passwordFile: file('A file with that password in its place.'),
    sentinelUsername: text('User at Sentinels that want one.', null),
    sentinelPassword: secretText('Password at Sentinels that want one; it is never shown.'),
    sentinelPasswordFile: file('A file with that password in its place.'),
    ca: file('PEM file of the authorities that may sign the server’s certificate.'),
    serverName: text(
      'Name that the certificate of each server must carry; without, the host it is reached under.',
      null,
    ),
    clientCertificate: file('PEM file of the certificate to show to servers that want one.'),
    clientKey: file('PEM file of its key.'),
    database: text('Database of a MongoDB.', 'dotward'),
    readPreference: choice({
      about: 'Which members of a MongoDB replica set lookups go to.',
      initial: 'nearest',
      choices: ['primary', 'primaryPreferred', 'secondary', 'secondaryPreferred', 'nearest'],
    }),
    path: file('Folder of the store on disk.'),
    size: size({
      about: 'What the store on disk may grow to.',
      initial: '1GiB',
      min: '16MiB',
      max: '64GiB',
    }),
    prefix: text('What keys in a Redis begin with, where programs share a server.', 'dotward:'),
    secret: secretText(
      'What all proxies of the store know, 16 characters at the least: whoever does not cannot plant answers. `openssl rand -base64 32` makes one.',
    ),
    secretFile: file('A file with that secret in its place.'),
    sealed: flag({
      about:
        'Whether records are encrypted and keys are hashed, so that the store tells nobody who looks for what.',
      initial: false,
    }),
    deadline: duration({
      about:
        'For a lookup in the store; then the upstream is asked as well. A store near by answers in under a millisecond.',
      initial: '5ms',
      min: '1ms',
      max: '500ms',
    }),
  },
)

export const cacheStore = settings.superRefine((store, context) => {
  for (const [fault, path] of faultsOf(store)) report(context, fault, path)
})

/** Characters of the shortest secret. */
export const MIN_STORE_SECRET = 16

type Settings = z.output<typeof settings>
type Found = readonly [fault: Fault, path: readonly string[]]

function* faultsOf(store: Settings): Generator<Found> {
  switch (store.kind) {
    case 'none':
      return
    case 'disk':
      if (store.path === null) yield [new Fault('is missing', 'name a folder for it'), ['path']]
      break
    case 'mongodb':
      yield* faultsOfServer(store, /^mongodb(\+srv)?:/)
      yield* faultsOfMongo(store)
      break
    case 'redis':
      yield* faultsOfServer(store, /^rediss?:/)
      yield* faultsOfRedis(store)
      break
  }
  yield* faultsOfSecret(store)
}

function* faultsOfServer({ kind, url, password, passwordFile }: Settings, scheme: RegExp) {
  if (url === null) {
    yield [new Fault('is missing', `write it as ${kind}://HOST:PORT`), ['url']] as const
  } else if (!scheme.test(url)) {
    yield [new Fault(`is no ${kind}:// address`, 'change kind or url'), ['url']] as const
  }
  if (password !== null && passwordFile !== null) yield twice('passwordFile', 'password')
}

function* faultsOfRedis(store: Settings): Generator<Found> {
  const { mode, masterName, sentinelPassword, sentinelPasswordFile } = store
  const url = store.url?.startsWith('redis') ? readRedisUrl(store.url) : null
  if (url instanceof Fault) yield [url, ['url']]
  else if (url !== null) yield* faultsOfUrl(store, url)
  if (mode === 'sentinel' && masterName === null) {
    yield [new Fault('is missing', 'say what the Sentinels call the set'), ['masterName']]
  }
  if (sentinelPassword !== null && sentinelPasswordFile !== null) {
    yield twice('sentinelPasswordFile', 'sentinelPassword')
  }
}

function* faultsOfMongo(store: Settings): Generator<Found> {
  const url = store.url?.startsWith('mongodb') ? readMongoUrl(store.url) : null
  if (url instanceof Fault) return yield [url, ['url']]
  if (url === null) return
  yield* faultsOfLogin(store, url)
  if (url.username !== null || store.username !== null) return
  for (const name of ['password', 'passwordFile'] as const) {
    if (store[name] !== null) yield [new Fault('is nobody’s', 'give username too'), [name]]
  }
}

/** Of what the url and the settings beside it say. */
function* faultsOfLogin(
  store: Settings,
  url: { readonly username: string | null; readonly password: string | null },
): Generator<Found> {
  if (url.username !== null && store.username !== null) yield twice('url', 'username')
  if (url.password === null) return
  for (const name of ['password', 'passwordFile'] as const) {
    if (store[name] !== null) yield twice('url', name)
  }
}

function* faultsOfUrl(store: Settings, url: RedisUrl): Generator<Found> {
  const { mode } = store
  if (mode === 'single' && url.hosts.length > 1) {
    const remedy = 'name one, or set mode to cluster or sentinel'
    yield [new Fault('names several servers', remedy), ['url']]
  }
  if (mode === 'cluster' && url.database !== 0) {
    yield [new Fault('names a database, which clusters do not have', 'leave it out'), ['url']]
  }
  yield* faultsOfLogin(store, url)
  for (const name of ['ca', 'serverName', 'clientCertificate', 'clientKey'] as const) {
    if (url.isTls || store[name] === null) continue
    yield [new Fault('is for TLS, and the url has none', 'write it with rediss://'), [name]]
  }
}

function* faultsOfSecret({ secret, secretFile }: Settings): Generator<Found> {
  if (secret === null && secretFile === null) {
    const remedy = 'give one, or a secretFile; `openssl rand -base64 32` makes one'
    yield [new Fault('is missing: anybody could plant answers in the store', remedy), ['secret']]
  } else if (secret !== null && secretFile !== null) {
    yield twice('secretFile', 'secret')
  } else if (secret !== null && secret.length < MIN_STORE_SECRET) {
    const remedy = `give ${MIN_STORE_SECRET} characters at the least`
    yield [new Fault('is too short', remedy), ['secret']]
  }
}

function twice(other: string, name: string): Found {
  return [new Fault(`${other} gives it too`, 'give it once'), [name]]
}
