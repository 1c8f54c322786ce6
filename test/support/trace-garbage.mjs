// Loaded into the program by --import: has V8 print a line for each collection of garbage, and makes some
// in every thread once the program runs.

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--trace-gc-nvp')

setTimeout(() => {
  const held = []
  for (let i = 0; i < 500_000; i++) held.push({ i })
}, 300).unref()
