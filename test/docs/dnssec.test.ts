import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { parseConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { readAnchors } from '../../src/dnssec/anchors/anchor-text.ts'

const FILE = 'docs/dnssec.md'
const text = readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8')

function blocks(language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!)
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

  test('the file of anchors can be read', () => {
    const read = readAnchors(anchors!)
    assert.deepEqual(read.problems, [])
    assert.equal(read.anchors.length, 2)
  })
})
