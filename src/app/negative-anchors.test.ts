import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { parseConfig } from '../config/load.ts'
import { createLogger } from '../observe/log.ts'
import { dnssecNotices } from './dnssec-report.ts'
import { NegativeAnchorWatch } from './negative-anchors.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const HOUR = 3_600_000

function configOf(text: string) {
  const loaded = parseConfig({ text, file: null, environment: {} })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.config
}

function negative(...anchors: readonly string[]): string {
  const list = anchors.map((one) => {
    const [domain, until] = one.split(' ')
    return `{ domain: ${domain}, until: ${until} }`
  })
  return `dnssec: { mode: validate, negativeTrustAnchors: [${list.join(', ')}] }\n`
}

function setUp() {
  const clock = new FakeClock()
  const skew = START - clock.now()
  const told: string[] = []
  const watch = new NegativeAnchorWatch({
    clock,
    now: () => clock.now() + skew,
    flush: (domain) => told.push(`flush ${domain}`),
    log: createLogger('info', ({ message, fields }) => {
      told.push(`${message} ${fields['domain']}`)
    }),
  })
  return { clock, told, watch, follow: (text: string) => watch.follow(configOf(text)) }
}

describe('a negative trust anchor (RFC 7646)', () => {
  it('ends while the program runs: that is told, and answers from under it are forgotten', () => {
    const { clock, told, follow, watch } = setUp()
    follow(negative('a.example 2026-01-01T05:30:00Z', 'b.example 2026-01-02'))
    clock.advance(5 * HOUR)
    assert.deepEqual(told, [])
    clock.advance(HOUR)
    const text = 'a negative trust anchor has ended: names there are validated again'
    assert.deepEqual(told, [`${text} a.example`, 'flush a.example'])
    clock.advance(48 * HOUR)
    assert.deepEqual(told.slice(2), [`${text} b.example`, 'flush b.example'])
    assert.equal(clock.timers, 0)
    watch.stop()
  })

  it('changes what is known when a reload brings it, and when one takes it away', () => {
    const { told, follow, watch } = setUp()
    follow('')
    follow(negative('a.example 2026-01-02'))
    follow(negative('a.example 2026-01-03', 'b.example 2026-01-02'))
    follow(negative('b.example 2026-01-02'))
    follow(
      'dnssec: { mode: passthrough }\nupstreams: [1.1.1.1, { name: in, address: 192.0.2.1, protocol: plain }]\nroutes: [{ domains: [c.example], upstreams: [in], dnssec: insecure }]',
    )
    assert.deepEqual(told, [
      'flush a.example',
      'flush b.example',
      'flush a.example',
      'flush b.example',
    ])
    watch.stop()
  })

  it('that has ended before the start leaves nothing behind in a cache that comes back', () => {
    const { told, follow, clock } = setUp()
    follow(negative('a.example 2025-12-31'))
    assert.deepEqual(told, ['flush a.example'])
    assert.equal(clock.timers, 0)
  })

  it('is one of many: beyond some, all names are forgotten at once', () => {
    const { told, follow, watch } = setUp()
    follow('')
    follow(negative(...Array.from({ length: 40 }, (_, i) => `a${i}.example 2026-01-02`)))
    assert.deepEqual(told, ['flush .'])
    watch.stop()
  })
})

describe('what is not validated', () => {
  it('is told at each start, with those that have ended and those that last for long', () => {
    const text = negative('a.example 2025-12-31', 'b.example 2026-01-02', 'c.example 2026-03-01')
    assert.deepEqual(dnssecNotices(configOf(text), START), [
      'the negative trust anchor for a.example ended at 2025-12-31T00:00:00Z: it has no effect, and may be removed',
      'NOT VALIDATED until 2026-01-02T00:00:00Z: names at and below b.example, by a negative trust anchor',
      'NOT VALIDATED until 2026-03-01T00:00:00Z, which is longer than the week that RFC 7646 advises: names at and below c.example, by a negative trust anchor',
    ])
    const routed = `dnssec: { mode: validate }
routes: [{ domains: [corp.example, 10.in-addr.arpa], upstreams: [default], dnssec: insecure }]`
    assert.deepEqual(dnssecNotices(configOf(routed), START), [
      'NOT VALIDATED: names at and below corp.example, 10.in-addr.arpa, by a route',
    ])
    assert.deepEqual(dnssecNotices(configOf('dnssec: { mode: passthrough }'), START), [])
  })
})
