// What docs/dnssec.md shows of answers, asked of the demo; and its tables, held against the program.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { MAX_SIGNED_LENGTH } from '../../src/dnssec/attempt.ts'
import { DEFAULT_WORK, ZONE_WORK } from '../../src/dnssec/budget.ts'
import { DEFAULT_VERIFIER_LIMITS } from '../../src/dnssec/verifier.ts'
import { FAMILIES } from '../../src/observe/catalogue.ts'
import { ExtendedError } from '../../src/wire/edns.ts'
import { runDotward } from '../support/dotward.ts'
import { freePort, requireTool, type RunningProgram, runProgram } from '../support/processes.ts'

const text = readFileSync(new URL('../../docs/dnssec.md', import.meta.url), 'utf8')

/** Commands, each with the lines that are shown of what it prints. */
const examples = [...text.matchAll(/^```sh\n(dig [^\n]*)\n```\n\n```text\n(.*?)^```$/gms)].map(
  ([, command, shown]) => ({ command: command!, shown: shown!.trim().split('\n') }),
)

/** Without what differs from run to run: IDs, key tags, TTLs and times. */
const normalised = (line: string): string =>
  line
    .replaceAll(/\s+/g, ' ')
    .replace(/id: \d+/, 'id: N')
    .replace(/key \d+/, 'key N')
    .replace(/^(\S+) \d+ IN /, '$1 N IN ')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME')

const cells = (row: string): string[] => row.split('|').map((cell) => cell.trim())

suite('answers as docs/dnssec.md shows them', () => {
  let demo: RunningProgram
  let port: number
  before(async () => {
    port = await freePort()
    demo = runDotward(['demo', '--port', `${port}`])
    await demo.printed(/Ctrl-C ends it/)
  })
  after(() => demo[Symbol.asyncDispose]())

  test('are three', () => assert.equal(examples.length, 3))

  for (const { command, shown } of examples) {
    test(command, async () => {
      const [, ...args] = command.replace('5300', `${port}`).split(' ')
      const { code, output } = await runProgram(requireTool('dig'), args)
      assert.equal(code, 0, output)
      const printed = output.split('\n').map(normalised)
      for (const line of shown) {
        assert.ok(printed.includes(normalised(line)), `no line "${line}" in\n${output}`)
      }
    })
  }
})

suite('tables of docs/dnssec.md', () => {
  test('have the limits that are in force', () => {
    const rows = [...text.matchAll(/^\| [^|]+ \| ([\d,]+) \| /gm)].map(([, figure]) =>
      Number(figure!.replace(',', '')),
    )
    const { signatures, badSignatures, keysPerTag, hashes, ...rest } = DEFAULT_WORK
    const { questions, chainSignatures, chainHashes, hops } = rest
    const own = [signatures, badSignatures, MAX_SIGNED_LENGTH, keysPerTag, hashes]
    assert.deepEqual(rows, [...own, questions, chainSignatures, chainHashes, hops])
    const ofOne = `${ZONE_WORK.signatures} signatures and ${ZONE_WORK.hashes.toLocaleString('en')} hashes`
    assert.ok(text.includes(ofOne))
    const { underWay, perTurn, waiting } = DEFAULT_VERIFIER_LIMITS
    assert.match(text, new RegExp(`${underWay} at a time for each worker`))
    assert.match(text, new RegExp(`\\s${perTurn} at most before it looks for queries again`))
    assert.match(
      text,
      new RegExp(`Up to ${waiting.toLocaleString('en')} of either\\skind may wait`),
    )
  })

  test('have every reason that is counted', () => {
    const codes = [...text.matchAll(/^\| (\d+) \| ([^|]+) \|/gm)].map(([, code, name]) => {
      const letters = name!.replaceAll(' ', '').replace(/(?:Type|Value)$/, '')
      const known = Object.entries(ExtendedError).find(([, number]) => number === Number(code))
      assert.equal(known?.[0].toLowerCase(), letters.toLowerCase())
      return code!
    })
    const counted = FAMILIES.bogus.values.filter((label) => /^[1-9]/.test(label))
    assert.deepEqual(new Set(codes), new Set(counted))
  })

  test('name counters that there are', () => {
    const named = [...text.matchAll(/^\| `(dnssec_\w+)` \|/gm)].map((row) => cells(row[0])[1]!)
    const known = Object.values(FAMILIES).map(({ name }) => `\`${name}\``)
    assert.ok(named.length >= 7)
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    )
  })
})
