import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailureLog, type ReportedFailure } from './failure-log.ts'
import { createLogger, type LogRecord } from './log.ts'

const FAILURE: ReportedFailure = {
  upstream: 'one',
  kind: 'tls',
  phase: 'tls',
  ms: 12.4,
  detail: 'certificate has expired',
  tried: ['two', 'one'],
}

function newLog() {
  const records: LogRecord[] = []
  const time = { now: 0 }
  const log = createLogger('info', (record) => records.push(record))
  return { records, time, failures: new FailureLog({ log, clock: () => time.now }) }
}

test('a failure is told with its upstream, phase, cause and time', () => {
  const { records, failures } = newLog()
  failures.report(FAILURE)
  assert.deepEqual(records[0]?.fields, {
    upstream: 'one',
    phase: 'tls',
    kind: 'tls',
    ms: 12,
    detail: 'certificate has expired',
    tried: 'two,one',
  })
})

test('more of the same are gathered, others are told at once', () => {
  const { records, failures, time } = newLog()
  for (let i = 0; i < 1_000; i++) failures.report(FAILURE)
  failures.report({ ...FAILURE, upstream: 'two' })
  assert.equal(records.length, 2)
  time.now = 5_000
  failures.report(FAILURE)
  assert.equal(records.length, 3)
  assert.equal(records[2]?.fields['more'], 999)
})
