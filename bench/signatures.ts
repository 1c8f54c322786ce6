// node bench/signatures.ts: what one check of a signature costs, on the event loop and handed to the
// threads that do cryptography, for each algorithm.

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

import { Algorithm, traitsOf } from '../src/dnssec/algorithms.ts'
import { checkSignature, isGoodSignature } from '../src/dnssec/check-signature.ts'

const ROUNDS = 7
/** Of processor time, for each figure of each round. */
const MILLISECONDS = 150
/** As many as a worker has under way. */
const UNDER_WAY = 4
/** Octets that are signed of an ordinary set. */
const data = randomBytes(200)

interface Signed {
  readonly name: string
  readonly algorithm: number
  readonly key: KeyObject
  readonly signature: Uint8Array
}

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

function signed(name: string, algorithm: number, { publicKey, privateKey }: Pair): Signed {
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
  const signature = sign(traitsOf(algorithm)!.digest, data, key)
  return { name, algorithm, key: publicKey, signature }
}

const rsa = (bits: number): Pair => generateKeyPairSync('rsa', { modulusLength: bits })
const curve = (name: string): Pair => generateKeyPairSync('ec', { namedCurve: name })

const all = [
  signed('RSASHA256, 2048 bits', Algorithm.RsaSha256, rsa(2048)),
  signed('RSASHA256, 4096 bits', Algorithm.RsaSha256, rsa(4096)),
  signed('ECDSAP256SHA256', Algorithm.EcdsaP256, curve('prime256v1')),
  signed('ECDSAP384SHA384', Algorithm.EcdsaP384, curve('secp384r1')),
  signed('ED25519', Algorithm.Ed25519, generateKeyPairSync('ed25519')),
  signed('ED448', Algorithm.Ed448, generateKeyPairSync('ed448')),
]

/** @returns microseconds of processor time of all threads for each check */
async function cost(checks: (count: number) => Promise<void>, count: number): Promise<number> {
  const begun = process.cpuUsage()
  await checks(count)
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / count
}

const atOnce = ({ algorithm, key, signature }: Signed) => {
  return async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      if (!isGoodSignature(algorithm, key, data, signature)) throw new Error('a good one is bad')
    }
  }
}

const handedOver = ({ algorithm, key, signature }: Signed) => {
  return async (count: number): Promise<void> => {
    let left = count
    const one = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const next = (): void => {
          if (left-- <= 0) resolve()
          else
            checkSignature(algorithm, key, data, signature, (isGood) =>
              isGood ? next() : reject(),
            )
        }
        next()
      })
    await Promise.all(Array.from({ length: UNDER_WAY }, one))
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[ROUNDS >> 1]!

console.log('µs of processor time for a check           at once   handed over')
for (const it of all) {
  const here = atOnce(it)
  const there = handedOver(it)
  const count = Math.ceil((MILLISECONDS * 1000) / (await cost(here, 50)))
  const figures: [number, number][] = []
  for (let round = 0; round < ROUNDS; round++) {
    figures.push([await cost(here, count), await cost(there, count)])
  }
  const [first, second] = [
    median(figures.map(([one]) => one)),
    median(figures.map(([, two]) => two)),
  ]
  console.log(
    `${it.name.padEnd(40)}${first.toFixed(1).padStart(10)}${second.toFixed(1).padStart(14)}`,
  )
}
