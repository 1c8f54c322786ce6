import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailureKind, FailurePhase, type UpstreamFailure } from '../upstream/exchange.ts'
import { ExtendedError } from '../wire/edns.ts'
import { explain } from './explain.ts'

const FAILURE: UpstreamFailure = {
  kind: FailureKind.Tls,
  upstream: 'one',
  detail: 'the certificate has expired',
  phase: FailurePhase.Tls,
  ms: 12.3,
  tried: ['two', 'one'],
}

function textOf(failure: UpstreamFailure, whole: boolean): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(explain(failure, whole).text)
}

test('a client learns the kind of failure and nothing of our upstreams (RFC 8914)', () => {
  assert.equal(explain(FAILURE, false).code, ExtendedError.NetworkError)
  assert.equal(textOf(FAILURE, false), 'the connection to the upstream failed')
})

test('with explain on it learns which upstream failed, where, why and after how long', () => {
  assert.equal(explain(FAILURE, true).code, ExtendedError.NetworkError)
  const told = 'one, tls: the certificate has expired (12 ms); also asked two'
  assert.equal(textOf(FAILURE, true), told)
})

test('of what is bogus a client learns what is wrong with it, and nothing of our upstreams', () => {
  const text = 'www.example.org. A: signature by example.org. key 12345 expired'
  const fault = { code: ExtendedError.SignatureExpired, text }
  for (const whole of [false, true]) {
    const failure = { ...FAILURE, kind: FailureKind.Bogus, fault }
    assert.equal(explain(failure, whole).code, ExtendedError.SignatureExpired)
    assert.equal(textOf(failure, whole), text)
  }
})

test('time-outs are No Reachable Authority (RFC 8914 §4.23)', () => {
  for (const kind of [FailureKind.Timeout, FailureKind.Stalled]) {
    assert.equal(explain({ ...FAILURE, kind }, false).code, ExtendedError.NoReachableAuthority)
  }
})

test('a long text is cut between characters', () => {
  for (let extra = 0; extra < 4; extra++) {
    const detail = 'x'.repeat(extra) + '\u{1f30d}'.repeat(100)
    assert.ok(explain({ ...FAILURE, detail }, true).text.length <= 200)
    assert.ok(textOf({ ...FAILURE, detail }, true).startsWith('one, tls: '))
  }
})
