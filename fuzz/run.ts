// npm run fuzz -- [--seconds N] [--seed S]: every fuzz target in turn, so long each. Ends with 1 when
// one of them finds a fault; the seed that it prints finds it again, or the command that it names.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { fuzzAddon } from './addon.ts'
import { print } from './command.ts'
import { fuzzCookies } from './cookies.ts'
import { fuzzDenial } from './denial.ts'
import { fuzzHttp1 } from './http1.ts'
import { fuzzHttp2 } from './http2.ts'
import { fuzzProxyProtocol } from './proxy-protocol.ts'
import { fuzzSignedAnswers } from './signed-answers.ts'
import { fuzzSnapshot } from './snapshot.ts'
import { fuzzValidator } from './validator.ts'
import { fuzzWire } from './wire.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? randomInt(2 ** 31))
if (!(seconds > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run fuzz -- [--seconds N] [--seed S]')
  process.exit(2)
}
console.log(`wire, ${seconds} s, seed ${seed}`)
console.log(`  ${fuzzWire({ seconds, seed })} inputs, no fault`)
console.log(`cookies, ${seconds} s, seed ${seed}`)
console.log(`  ${fuzzCookies({ seconds, seed })} inputs, no fault`)
console.log(`proxy-protocol, ${seconds} s, seed ${seed}`)
console.log(`  ${fuzzProxyProtocol({ seconds, seed })} inputs, no fault`)
console.log(`http1, ${seconds} s, seed ${seed}`)
console.log(`  ${await fuzzHttp1({ seconds, seed })} inputs, no fault`)
console.log(`http2, ${seconds} s, seed ${seed}`)
console.log(`  ${fuzzHttp2({ seconds, seed })} inputs, no fault`)
console.log(`snapshot, ${seconds} s, seed ${seed}`)
console.log(`  ${await fuzzSnapshot({ seconds, seed })} inputs, no fault`)
for (const [name, target] of [
  ['signed-answers', fuzzSignedAnswers],
  ['validator', fuzzValidator],
  ['denial', fuzzDenial],
] as const) {
  console.log(`${name}, ${seconds} s, seed ${seed}`)
  // oxlint-disable-next-line no-await-in-loop
  print(name, await target({ seconds, seed, isMeasured: true }))
}
console.log(`addon, ${seconds} s, seed ${seed}`)
fuzzAddon({ seconds, seed })
