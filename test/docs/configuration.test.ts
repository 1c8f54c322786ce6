import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { configJsonSchema, type JsonSchema } from '../../src/config/json-schema.ts'
import { parseConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { writeDocumentedFiles } from '../support/documented-files.ts'

const FILE = 'docs/configuration.md'
const text = readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8')

function blocks(language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!)
}

function assertLoads(yaml: string, environment: Record<string, string>): void {
  const loaded = parseConfig({ text: yaml, file: join(folder, 'dotward.yaml'), environment })
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
}

/** With the files that examples name. */
const folder = mkdtempSync(join(tmpdir(), 'dotward-docs-'))
after(() => rmSync(folder, { recursive: true }))
writeDocumentedFiles(folder)

suite(`examples of ${FILE}`, () => {
  for (const [i, yaml] of blocks('yaml').entries()) {
    test(`YAML block ${i + 1} loads`, () => assertLoads(yaml, {}))
  }

  test('variables load', () => {
    const [line] = blocks('sh')
    const variables = line!.trim().split(' ')
    assertLoads('', Object.fromEntries(variables.map((one) => one.split('=') as [string, string])))
    const [, name, value] = /`(DOTWARD_\w+)='(.*)'`/.exec(text)!
    assertLoads('', { [name!]: value! })
  })
})

suite(`the table of ${FILE}`, () => {
  const rows = new Map(
    [...text.matchAll(/^\| `([\w.[\]]+)` \| (.*) \| (.*) \| (.*) \|$/gm)].map((match) => [
      match[1]!,
      match.slice(2),
    ]),
  )

  function visit(schema: JsonSchema, path: string, seen: string[]): string[] {
    for (const [name, below] of Object.entries(schema.properties ?? {})) {
      const setting = `${path}${name}`
      const bounds = /From (\S+) to (\S+)\.$/.exec(below.description ?? '')
      if (below.properties !== undefined) {
        visit(below, `${setting}.`, seen)
        continue
      }
      seen.push(setting)
      const row = rows.get(setting)
      assert.ok(row, `no row for ${setting}`)
      if (bounds !== null) {
        assert.ok(row[0]!.startsWith(String(below.default)), `default of ${setting}`)
        assert.deepEqual(row.slice(1), bounds.slice(1), `bounds of ${setting}`)
      }
      const item = below.items?.anyOf?.find((one) => one.properties) ?? below.items
      if (item?.properties !== undefined) visit(item, `${setting}[].`, seen)
      const named = below.additionalProperties
      if (named) visit(named, `${setting}.NAME.`, seen)
    }
    return seen
  }

  test('has every setting with its default and bounds, and no other', () => {
    assert.deepEqual([...rows.keys()], visit(configJsonSchema(), '', []))
  })
})
