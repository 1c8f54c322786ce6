import type * as z from 'zod'
import { Fault, show } from '../problem.ts'
import {
  choice,
  duration,
  file,
  flag,
  list,
  optional,
  report,
  required,
  section,
  size,
} from '../values.ts'

const KINDS = ['none', 'redis', 'mongodb', 'disk'] as const

const SCHEMES = {
  redis: ['redis:', 'rediss:'],
  mongodb: ['mongodb:', 'mongodb+srv:'],
} as const

/** A server of a cluster, or a Sentinel; port 0 for the usual one. */
export interface StoreNode {
  readonly host: string
  readonly port: number
}

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

const url = optional<string | null>({
  about:
    'Where the server is: redis://HOST:PORT/DATABASE, rediss:// for TLS, mongodb://HOST:PORT with the members of a replica set. User and password may stand in it as user:password@; they are never shown.',
  initial: null,
  shape: { type: ['string', 'null'] },
  // It may hold a password, so a fault does not repeat it.
  read: (input) =>
    input === null || (typeof input === 'string' && /^[a-z+]+:\/\/[^/\s]+/.test(input))
      ? input
      : new Fault('is not the address of a server', 'write it as redis://127.0.0.1:6379'),
})

const node = required<StoreNode>({
  about: 'HOST:PORT.',
  shape: { type: 'string' },
  read(input) {
    const parts =
      typeof input === 'string' ? /^(\[[\da-f:]+\]|[^:\s]+)(?::(\d{1,5}))?$/i.exec(input) : null
    const port = Number(parts?.[2] ?? 0)
    return parts === null || port > 65_535
      ? new Fault(`${show(input)} is not a server`, 'write it as HOST:PORT')
      : { host: parts[1]!.replace(/^\[|\]$/g, ''), port }
  },
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
    url,
    mode: choice({
      about:
        'How a Redis is set up: one server; a cluster of which `nodes` are some; or a set behind the Sentinels in `nodes`.',
      initial: 'single',
      choices: ['single', 'cluster', 'sentinel'],
    }),
    nodes: list<StoreNode>({
      about: 'Servers of a Redis cluster, or Sentinels; at most 64. The url then gives the rest.',
      initial: [],
      min: 0,
      max: 64,
      of: node,
    }),
    masterName: text('What Sentinels call the set.', null),
    ca: file('PEM file of the authorities that may sign the server’s certificate.'),
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
    secret: text(
      'What all proxies of the store know, 16 characters at the least: whoever does not cannot plant answers. `openssl rand -base64 32` makes one.',
      null,
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

function* faultsOf(
  store: z.output<typeof settings>,
): Generator<readonly [Fault, readonly string[]]> {
  const { kind, mode, nodes, secret, secretFile } = store
  if (kind === 'none') return
  if (kind === 'disk') {
    if (store.path === null)
      yield [new Fault('is missing', 'name a folder for the store'), ['path']]
  } else if (store.url === null) {
    yield [new Fault('is missing', `write it as ${kind}://HOST:PORT`), ['url']]
  } else if (!SCHEMES[kind].some((scheme) => store.url!.startsWith(`${scheme}//`))) {
    yield [new Fault(`is no ${kind}:// address`, 'change kind or url'), ['url']]
  }
  if (kind === 'redis' && mode !== 'single' && nodes.length === 0) {
    yield [new Fault('are missing', `name one ${mode} at the least, as HOST:PORT`), ['nodes']]
  }
  if (kind === 'redis' && mode === 'sentinel' && store.masterName === null) {
    yield [new Fault('is missing', 'say what the Sentinels call the set'), ['masterName']]
  }
  if (secret === null && secretFile === null) {
    const remedy = 'give one, or a secretFile; `openssl rand -base64 32` makes one'
    yield [new Fault('is missing: anybody could plant answers in the store', remedy), ['secret']]
  } else if (secret !== null && secretFile !== null) {
    yield [new Fault('secretFile names it too', 'give one of the two'), ['secret']]
  } else if (secret !== null && secret.length < MIN_STORE_SECRET) {
    yield [
      new Fault('is too short', `give ${MIN_STORE_SECRET} characters at the least`),
      ['secret'],
    ]
  }
}
