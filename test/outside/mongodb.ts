// MongoDB's protocol against FerretDB, alone and as it shows itself as a replica set. Not among the
// tests that every change must pass, for it takes Go to build the server: `npm run test:mongodb`.

import { MongoStore, type MongoStoreOptions } from '../../src/cache/stores/mongodb.ts'
import { storeContract } from '../stores/store-contract.ts'
import { FerretDb } from '../support/ferretdb.ts'

const OPTIONS: MongoStoreOptions = {
  url: '',
  database: 'dotward',
  readPreference: 'nearest',
  tls: null,
  onLost: () => {},
  onConnected: () => {},
  onNotice: () => {},
}

storeContract('a FerretDB', () => engine([], ''))

storeContract('a FerretDB that calls itself a replica set', () =>
  engine(['--repl-set-name=answers'], '?replicaSet=answers'),
)

async function engine(flags: readonly string[], query: string) {
  const server = await FerretDb.start(flags)
  return {
    open: () => MongoStore.open({ ...OPTIONS, url: `${server.url}${query}` }),
    server: {
      kill: () => server.kill(),
      restart: () => server.restart(),
      suspend: () => server.signal('SIGSTOP'),
      resume: () => server.signal('SIGCONT'),
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
