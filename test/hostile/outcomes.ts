// What clients may get where a server's words are well-formed and pass.

import assert from 'node:assert/strict'
import type { Answer } from '../support/messages.ts'

/** An answer without records, with one of the response codes. */
export function withoutRecords(...rcodes: readonly number[]): (answer: Answer) => void {
  return ({ rcode, records }) => {
    assert.ok(rcodes.includes(rcode), `response code ${rcode}`)
    assert.deepEqual(records, [])
  }
}

/** An answer with so many records of a type. */
export function withRecords(count: number, type: number): (answer: Answer) => void {
  return ({ rcode, records }) => {
    assert.equal(rcode, 0)
    assert.equal(records.filter((found) => found.type === type).length, count)
  }
}

/** As much of a large answer as the client takes: all over TCP, TC over UDP. */
export function wholeOrCut(count: number, type: number): (answer: Answer) => void {
  const whole = withRecords(count, type)
  return (answer) => {
    if (answer.truncated) assert.equal(answer.rcode, 0)
    else whole(answer)
  }
}
