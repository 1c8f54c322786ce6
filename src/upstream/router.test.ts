import assert from 'node:assert/strict'
import { test } from 'node:test'
import { questionFor } from '../../test/support/exchanges.ts'
import { RecordType } from '../wire/record-type.ts'
import type { Exchange } from './exchange.ts'
import { type Forwards, Router } from './router.ts'

/** Writes down who was asked for what. */
class Group implements Forwards {
  readonly asked: Exchange[] = []

  reachable(): boolean {
    return true
  }

  hasOther(): boolean {
    return false
  }

  forward(exchange: Exchange): void {
    this.asked.push(exchange)
  }
}

function exchangeFor(name: string, type = 1): Exchange {
  const question = questionFor(name, type)
  return { question, startedAt: 0, deadline: 0, onAnswer() {}, onFailure() {} }
}

function setUp() {
  const [fallback, corp, europe] = [new Group(), new Group(), new Group()]
  const routes = [
    { domains: ['corp.example', '10.in-addr.arpa'], to: corp },
    { domains: ['eu.corp.example'], to: europe },
  ]
  return { fallback, corp, europe, routes }
}

test('the longest domain decides, and other names go to the default group', () => {
  const { fallback, corp, europe, routes } = setUp()
  const router = new Router({ routes, fallback })
  for (const [name, group] of [
    ['corp.example', corp],
    ['www.corp.example', corp],
    ['1.2.3.10.in-addr.arpa', corp],
    ['www.eu.corp.example', europe],
    ['www.example.org', fallback],
    ['xcorp.example', fallback],
  ] as const) {
    const exchange = exchangeFor(name)
    router.forward(exchange)
    assert.equal(group.asked.pop(), exchange, name)
  }
  assert.deepEqual([fallback.asked, corp.asked, europe.asked], [[], [], []])
})

test('a domain’s DS records are asked for where its parent’s names are (RFC 4035 §3.1.4.1)', () => {
  const { fallback, corp, europe, routes } = setUp()
  const router = new Router({ routes, fallback })
  for (const [name, group] of [
    ['corp.example', fallback],
    ['www.corp.example', corp],
    ['eu.corp.example', corp],
    ['www.eu.corp.example', europe],
    ['.', fallback],
  ] as const) {
    const exchange = exchangeFor(name, RecordType.DS)
    router.forward(exchange)
    assert.equal(group.asked.pop(), exchange, name)
  }
})

test('without routes, all names go to the default group', () => {
  const { fallback } = setUp()
  const exchange = exchangeFor('www.corp.example')
  new Router({ routes: [], fallback }).forward(exchange)
  assert.deepEqual(fallback.asked, [exchange])
})

test('what came back to us is asked of nobody', () => {
  const { fallback, corp, routes } = setUp()
  const ours = exchangeFor('loop.corp.example')
  const turnstile = { turnsBack: (exchange: Exchange) => exchange === ours }
  const router = new Router({ routes, fallback, turnstile })
  router.forward(ours)
  router.forward(exchangeFor('www.example.org'))
  assert.equal(corp.asked.length, 0)
  assert.equal(fallback.asked.length, 1)
})
