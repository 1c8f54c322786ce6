// A process of the test 'killed': writes one snapshot after the other until it is killed, and says so
// when the first is there. Run as: kill-process.ts FILE ENTRIES

import { Pacer } from '../pacer.ts'
import { TestCache, writeOptions } from './testing.ts'
import { writeSnapshot } from './write.ts'

const [path, entries] = process.argv.slice(2)
const cache = new TestCache(16 * 1024 * 1024)
for (let i = 0; i < Number(entries); i++) cache.put(`n${i}.example.org`, i)
for (let round = 0; ; round++) {
  // Each snapshot has another length, so that a mixture of two would show.
  const maxEntries = 1 + ((round * 997) % Number(entries))
  await writeSnapshot(path!, { ...writeOptions(cache), maxEntries, pacer: new Pacer() })
  if (round === 0) process.stdout.write('written\n')
}
