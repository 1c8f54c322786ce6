import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createLogger, formatLogRecord, LEVELS, type LogFields, type LogRecord } from './log.ts'

const TIME = new Date('2026-01-02T03:04:05.678Z')

const format = (message: string, fields: LogFields = {}): string =>
  formatLogRecord({ level: 'info', message, fields }, TIME)

test('a record is a line: time, level, message, fields', () => {
  assert.equal(
    format('cannot bind', { address: '192.0.2.1', port: 53, last: true, cause: null }),
    '2026-01-02T03:04:05.678Z info  cannot bind address=192.0.2.1 port=53 last=true cause=null\n',
  )
})

test('values that are not one word are quoted', () => {
  const values = { a: 'two words', b: '', c: 'say "x"', d: 'k=v', e: 'tab\there', f: 'größer' }
  assert.equal(
    format('m', values).slice(32),
    ' a="two words" b="" c="say \\"x\\"" d="k=v" e="tab\\there" f=größer\n',
  )
})

test('nothing in it moves a terminal, ends the line or turns its direction', () => {
  const hostile = 'a\n\r\u{1b}[31m\u{9b}31m\u{7f}\u{85}\u{202e}\u{200b}\u{2028}\u{2029}\u{feff}b'
  const line = format(hostile, { key: hostile, other: '\u{9b}31m' })
  assert.match(line, /^[^\p{C}\u2028\u2029]+\n$/u)
  assert.match(line, / other="\\u\{9b\}31m"\n$/)
})

test('whatever the text, there is one printable line', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  fc.assert(
    fc.property(text, text, (message, value) => {
      assert.match(format(message, { value }), /^[^\p{C}\u2028\u2029]+\n$/u)
    }),
  )
})

test('a logger changes its level while it is in use', () => {
  const records: LogRecord[] = []
  const logger = createLogger('error', (record) => records.push(record))
  logger.warn('not yet')
  logger.level = 'warn'
  logger.warn('now')
  assert.deepEqual(
    records.map(({ message }) => message),
    ['now'],
  )
})

test('a logger hands on what is at or above its level', () => {
  for (const [least, level] of LEVELS.entries()) {
    const records: LogRecord[] = []
    const logger = createLogger(level, (record) => records.push(record))
    for (const own of LEVELS) logger[own](own, { own })
    assert.deepEqual(
      records.map((record) => record.level),
      LEVELS.slice(least),
    )
    assert.deepEqual(records.at(-1), { level: 'error', message: 'error', fields: { own: 'error' } })
  }
})
