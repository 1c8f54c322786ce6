// The store that tests of what stands above stores use.

import { MemoryStore, SharedMemory } from '../../src/cache/stores/testing.ts'
import { storeContract } from './store-contract.ts'

storeContract('the memory of this process', () => {
  const memory = new SharedMemory()
  return Promise.resolve({
    open: () => new MemoryStore(memory),
    server: null,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
})
