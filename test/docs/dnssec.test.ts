import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { parseConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { readAnchors } from '../../src/dnssec/anchors/anchor-text.ts'
import { MAX_SIGNED_LENGTH } from '../../src/dnssec/attempt.ts'
import { DEFAULT_WORK, ZONE_WORK } from '../../src/dnssec/budget.ts'
import { DEFAULT_VERIFIER_LIMITS } from '../../src/dnssec/verifier.ts'
import { FAMILIES } from '../../src/observe/catalogue.ts'

const FILE = 'docs/dnssec.md'
const text = readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8')

function blocks(language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!)
}

/** As people write large numbers. */
function grouped(number: number): string {
  return number.toLocaleString('en')
}

const folder = mkdtempSync(join(tmpdir(), 'dotward-docs-'))
after(() => rmSync(folder, { recursive: true }))
const [anchors] = blocks('anchors')
writeFileSync(join(folder, 'anchors.txt'), anchors!)
mkdirSync(join(folder, 'state'))

suite(`examples of ${FILE}`, () => {
  for (const [i, block] of blocks('yaml').entries()) {
    test(`YAML block ${i + 1} loads`, () => {
      // The folder of the state is there on a machine that runs it.
      const yaml = block.replace('/var/lib/dotward/', `${folder}/state/`)
      const file = join(folder, 'dotward.yaml')
      const loaded = parseConfig({ text: yaml, file, environment: {} })
      assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
    })
  }

  test('limits are those of the program', () => {
    const { signatures, badSignatures, keysPerTag, hashes, questions } = DEFAULT_WORK
    const { chainSignatures, chainHashes, hops } = DEFAULT_WORK
    const section = text.slice(text.indexOf('\n## Limits\n'), text.indexOf('\n## What is logged'))
    const rows = [...section.matchAll(/^\| ([a-z][^|]*) \| ([\d,]+) \|/gm)]
    assert.deepEqual(
      rows.map(([, what, number]) => [what, Number(number!.replaceAll(',', ''))]),
      [
        ['signatures checked', signatures],
        ['bad signatures over one set of records', badSignatures],
        ['octets signed by one signature', MAX_SIGNED_LENGTH],
        ['keys tried for one signature', keysPerTag],
        ['hashes, every iteration counted', hashes],
        ['questions for keys and delegations', questions],
        ['signatures checked for these', chainSignatures],
        ['hashes for these', chainHashes],
        ['aliases followed', hops],
      ],
    )
    const { underWay, perTurn, waiting } = DEFAULT_VERIFIER_LIMITS
    for (const words of [
      `may take ${ZONE_WORK.signatures} signatures and ${grouped(ZONE_WORK.hashes)} hashes`,
      `${underWay} at a time for each worker`,
      `a worker checks them itself, ${perTurn} at most`,
      `Up to ${grouped(waiting)} of either`,
    ]) {
      assert.ok(section.replaceAll(/\s+/g, ' ').includes(words), words)
    }
  })

  test('counters are those of the program', () => {
    const told = [...text.matchAll(/^\| `(dnssec_\w+)` \|/gm)].map(([, name]) => name!)
    const counted = Object.values(FAMILIES).map(({ name }) => name)
    assert.deepEqual(
      told.toSorted(),
      counted.filter((name) => name.startsWith('dnssec_')).toSorted(),
    )
  })

  test('the file of anchors can be read', () => {
    const read = readAnchors(anchors!)
    assert.deepEqual(read.problems, [])
    assert.equal(read.anchors.length, 2)
  })
})
