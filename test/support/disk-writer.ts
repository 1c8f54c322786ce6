// Run as a program: puts numbered records into a file on disk for as long as it lives, and prints the
// number of each batch that is in.

import { DiskFile } from '../../src/cache/stores/disk-file.ts'
import { numberedEntries } from './numbered-entries.ts'

const [path, name] = process.argv.slice(2)
const file = new DiskFile({ path: path!, size: 32 * 2 ** 20 })
for (let batch = 0; ; batch++) {
  file.put(numberedEntries(name!, batch))
  process.stdout.write(`${batch}\n`)
}
