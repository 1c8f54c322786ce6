// Our reading and printing of zone files against BIND's, over a zone with every type both know.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { ResourceRecord } from '../../src/wire/codec/message.ts'
import { formatRecord } from '../../src/wire/text/message-text.ts'
import { lowerCaseName, parseName } from '../../src/wire/text/name-text.ts'
import { layouts } from '../../src/wire/codec/rdata-layout.ts'
import { typeName } from '../../src/wire/text/type-text.ts'
import { parseZone } from '../../src/wire/text/zone-text.ts'

const zoneFile = new URL('all-types.zone', import.meta.url)
const origin = parseName('example.org') as Uint8Array

const folder = mkdtempSync(join(tmpdir(), 'dotward-zone-'))
after(() => rmSync(folder, { recursive: true }))

/** The zone as BIND writes it, one record to a line, names absolute. */
function compile(zone: string): string {
  const switches = ['-q', '-i', 'none', '-k', 'ignore', '-r', 'ignore', '-s', 'full']
  const input = join(folder, 'input.zone')
  const output = join(folder, 'output.zone')
  writeFileSync(input, zone)
  const files = ['-o', output, 'example.org', input]
  const run = spawnSync('named-compilezone', [...switches, ...files], { encoding: 'utf8' })
  assert.ifError(run.error)
  assert.equal(run.status, 0, run.stdout + run.stderr)
  return readFileSync(output, 'utf8')
}

function read(zone: string): readonly ResourceRecord[] {
  const { records, errors } = parseZone(zone, { origin })
  assert.deepEqual(errors, [])
  return records
}

/** Records in an order of their own, owners in one letter case, as hexadecimal text. */
function digest(records: readonly ResourceRecord[]): string[] {
  return records
    .map(({ name, type, class: recordClass, ttl, rdata }) =>
      [
        Buffer.from(lowerCaseName(name)).toString('hex'),
        type,
        recordClass,
        ttl,
        Buffer.from(rdata).toString('hex'),
      ].join(' '),
    )
    .sort()
}

const zone = readFileSync(zoneFile, 'utf8')

test('reads a zone file as BIND reads it (RFC 1035 §5)', () => {
  assert.deepEqual(digest(read(zone)), digest(read(compile(zone))))
})

test('prints records so that BIND reads them back the same (RFC 1035 §5)', () => {
  const printed = read(zone).map(formatRecord).join('\n')
  assert.equal(compile(`${printed}\n`), compile(zone))
})

test('the zone holds every type with a layout, but for those that BIND refuses as obsolete', () => {
  const present = new Set(read(zone).map(({ type }) => typeName(type)))
  const missing = Object.keys(layouts).filter((name) => !present.has(name as keyof typeof layouts))
  assert.deepEqual(missing, ['MD', 'MF'])
})
