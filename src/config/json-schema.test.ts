import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { streamLimitBounds, tableBounds } from '../listen/stream/limits.ts'
import { udpBounds } from '../listen/udp/listener.ts'
import { UPSTREAM_LIMITS } from '../upstream/options.ts'
import { configJsonSchema, type JsonSchema, schemaAt, settingsAt } from './json-schema.ts'
import { parseDuration, parseSize } from './units.ts'

test('the committed schema is what the code says (scripts/emit-schema.mjs writes it)', () => {
  const committed = readFileSync(new URL('../../docs/dotward.schema.json', import.meta.url), 'utf8')
  assert.equal(committed, `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
})

test('every setting is described', () => {
  const visit = (schema: JsonSchema, path: string) => {
    for (const [name, below] of Object.entries(schema.properties ?? {})) {
      const described = below.items?.anyOf === undefined ? below : { ...below, ...below.items }
      assert.ok(described.description, `${path}${name}`)
      visit(below, `${path}${name}.`)
    }
  }
  visit(configJsonSchema(), '')
  for (const name of settingsAt(['upstreams', 0])) {
    assert.ok(schemaAt(['upstreams', 0, name])?.description, name)
  }
})

interface Bound {
  readonly default: number
  readonly min: number
  readonly max: number
}

function value(text: string): number {
  return parseDuration(text) ?? parseSize(text) ?? Number(text)
}

/** What the schema says of a number, a duration or a size. */
function boundOf(section: string, setting: string): Bound {
  const schema = schemaAt([section, setting])
  assert.ok(schema, `${section}.${setting}`)
  const [, min, max] = /From (\S+) to (\S+)\.$/.exec(schema.description!)!
  return { default: value(String(schema.default)), min: value(min!), max: value(max!) }
}

for (const [section, bounds] of [
  ['dot', UPSTREAM_LIMITS],
  ['tcp', { ...streamLimitBounds, ...tableBounds }],
  ['udp', udpBounds],
] as const) {
  test(`defaults and bounds of ${section} are those of the code that keeps them`, () => {
    for (const [setting, { default: initial, min, max }] of Object.entries<Bound>(bounds)) {
      assert.deepEqual(boundOf(section, setting), { default: initial, min, max }, setting)
    }
  })
}
