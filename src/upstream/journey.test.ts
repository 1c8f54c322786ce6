import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailureKind, FailurePhase } from './exchange.ts'
import { Again, Journey } from './journey.ts'
import type { Try } from './try.ts'

test('an upstream that is silent for a while costs a question none of its tries', () => {
  const journey = new Journey({ onJourneyDue: () => {} })
  const attempt = { at: 0, sent: true } as Try
  journey.fails(attempt, FailureKind.Stalled, 'silence', FailurePhase.Wait)
  assert.equal(journey.again, Again.Now)
  assert.equal(journey.lost, 0)
  journey.fails(attempt, FailureKind.Closed, 'closed', FailurePhase.Wait)
  assert.equal(journey.lost, 1)
})
