import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { parseAddress } from '../wire/text/prefix.ts'
import { COOKIE_SECRET_LENGTH, CookieSecrets } from './cookie-secrets.ts'
import { COOKIE_LENGTH, CookieState, Cookies } from './cookies.ts'

const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf'
const NOW = 1_559_731_985

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

/** Checks an option's data, the first secret being the current one. */
class Server {
  readonly secrets: CookieSecrets
  readonly cookies: Cookies

  constructor(secrets: readonly string[] = [SECRET]) {
    this.secrets = CookieSecrets.of(secrets.map(hex))
    this.cookies = new Cookies(this.secrets)
  }

  check(cookie: Uint8Array, client = '198.51.100.100', now = NOW): CookieState {
    const address = parseAddress(client)!
    const before = 3
    const bytes = Uint8Array.from([1, 2, 3, ...cookie, 4])
    const family = address.length === 4 ? 4 : 6
    const peer = Uint8Array.from([9, ...address])
    return this.cookies.check(bytes, before, cookie.length, peer, 1, family, now)
  }

  get answer(): string {
    return Buffer.from(this.cookies.fresh).toString('hex')
  }

  /** A cookie that this server gives a client. */
  give(client?: string, now?: number): Uint8Array {
    assert.equal(this.check(hex('2464c4abcf10c957'), client, now), CookieState.ClientOnly)
    return Uint8Array.from(this.cookies.fresh)
  }
}

suite('the examples of RFC 9018, Appendix A', () => {
  test('A.1: a client learns a server cookie', () => {
    const server = new Server()
    assert.equal(server.check(hex('2464c4abcf10c957')), CookieState.ClientOnly)
    assert.equal(server.answer, '2464c4abcf10c957010000005cf79f111f8130c3eee29480')
  })

  test('A.2: the same client gets a renewed one', () => {
    const server = new Server()
    const old = hex('2464c4abcf10c957010000005cf79f111f8130c3eee29480')
    assert.equal(server.check(old, '198.51.100.100', 1_559_734_385), CookieState.Renewed)
    assert.equal(server.answer, '2464c4abcf10c957010000005cf7a871d4a564a1442aca77')
  })

  test('A.3: another client’s counts with reserved octets that are not zero, and is made with zeros', () => {
    const server = new Server()
    const old = hex('fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5')
    assert.equal(server.check(old, '203.0.113.203', 1_559_727_985), CookieState.Good)
    // As the example has it, 1 h 52 min later: beyond what §4.3 lets it be good for.
    assert.equal(server.check(old, '203.0.113.203', 1_559_734_700), CookieState.Bad)
    assert.equal(server.answer, 'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e')
  })

  test('A.4: over IPv6, one made with the secret before', () => {
    const server = new Server([
      '445536bcd2513298075a5d379663c962',
      'dd3bdf9344b678b185a6f5cb60fca715',
    ])
    const client = '2001:db8:220:1:59de:d0f4:8769:82b8'
    const old = hex('22681ab97d52c298010000005cf7c57926556bd0934c72f8')
    assert.equal(server.check(old, client, 1_559_741_961), CookieState.Renewed)
    assert.equal(server.answer, '22681ab97d52c298010000005cf7c609a6bb79d16625507a')
  })
})

suite('a server cookie', () => {
  test('is good for an hour, and renewed after half of it (RFC 9018 §4.3)', () => {
    const server = new Server()
    const cookie = server.give()
    const at = (seconds: number) => server.check(cookie, undefined, NOW + seconds)
    assert.equal(at(0), CookieState.Good)
    assert.equal(at(1_800), CookieState.Good)
    assert.equal(at(1_801), CookieState.Renewed)
    assert.notDeepEqual(server.cookies.fresh, cookie)
    assert.equal(at(3_600), CookieState.Renewed)
    assert.equal(at(3_601), CookieState.Bad)
  })

  test('of another server whose clock is ahead is good up to five minutes (RFC 9018 §4.3)', () => {
    const server = new Server()
    const cookie = server.give()
    assert.equal(server.check(cookie, undefined, NOW - 300), CookieState.Good)
    assert.equal(server.check(cookie, undefined, NOW - 301), CookieState.Bad)
  })

  test('goes over the end of 32 bits of seconds (RFC 1982 §3.2)', () => {
    const server = new Server()
    const cookie = server.give(undefined, 2 ** 32 - 10)
    assert.equal(server.check(cookie, undefined, 10), CookieState.Good)
    assert.equal(server.check(cookie, undefined, 2 ** 32 - 20), CookieState.Good)
    assert.equal(server.check(cookie, undefined, 4_000), CookieState.Bad)
  })

  test('of a length or version that we do not make is bad, and answered with one of ours', () => {
    const server = new Server()
    const good = server.give()
    for (const length of [16, 17, 23, 25, 32, 40]) {
      const cookie = new Uint8Array(length)
      cookie.set(good.subarray(0, length))
      assert.equal(server.check(cookie), CookieState.Bad, `${length} octets`)
      assert.deepEqual(server.cookies.fresh, good)
    }
    for (const version of [0, 2, 255]) {
      assert.equal(server.check(Uint8Array.from(good).fill(version, 8, 9)), CookieState.Bad)
    }
  })

  test('of no legal length is malformed (RFC 7873 §5.2.2)', () => {
    const server = new Server()
    for (const length of [1, 7, 9, 15, 41, 65_000]) {
      assert.equal(server.check(new Uint8Array(length)), CookieState.Malformed, `${length} octets`)
    }
  })
})

suite('secrets', () => {
  test('rotated: cookies of the one before count and are renewed, those of older ones do not (RFC 7873 §7.1)', () => {
    const server = new Server()
    for (let round = 0; round < 9; round++) {
      const cookie = server.give()
      server.secrets.rotate()
      assert.equal(server.check(cookie), CookieState.Renewed)
      assert.equal(server.check(Uint8Array.from(server.cookies.fresh)), CookieState.Good)
      server.secrets.rotate()
      assert.equal(server.check(cookie), CookieState.Bad)
    }
  })

  test('forgotten make their cookies bad', () => {
    const server = new Server()
    const cookie = server.give()
    server.secrets.rotate()
    const later = server.give()
    server.secrets.forgetPrevious()
    assert.equal(server.check(cookie), CookieState.Bad)
    assert.equal(server.check(later), CookieState.Good)
  })

  test('given: the first makes cookies, those to come and gone by count too (RFC 9018 §5)', () => {
    const [now, next, past] = ['1'.repeat(32), '2'.repeat(32), '3'.repeat(32)]
    const server = new Server([now, next, past])
    assert.equal(server.check(new Server([now]).give()), CookieState.Good)
    assert.equal(server.check(new Server([next]).give()), CookieState.Renewed)
    assert.equal(server.check(new Server([past]).give()), CookieState.Renewed)
    assert.equal(new Server([now]).check(server.give()), CookieState.Good)
    assert.equal(new Server([next]).check(server.give()), CookieState.Bad)
  })

  test('are seen by all who share the memory', () => {
    const server = new Server()
    const other = new Cookies(new CookieSecrets(server.secrets.memory))
    server.secrets.rotate()
    const cookie = server.give()
    const client = parseAddress('198.51.100.100')!
    assert.equal(other.check(cookie, 0, COOKIE_LENGTH, client, 0, 4, NOW), CookieState.Good)
  })

  test('by chance differ', () => {
    const one = new Cookies(CookieSecrets.random())
    const other = new Cookies(CookieSecrets.random())
    const client = parseAddress('198.51.100.100')!
    one.check(new Uint8Array(8), 0, 8, client, 0, 4, NOW)
    assert.equal(other.check(one.fresh, 0, COOKIE_LENGTH, client, 0, 4, NOW), CookieState.Bad)
  })
})

suite('forgers', () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const secret = octets(COOKIE_SECRET_LENGTH)
  const address = fc.oneof(octets(4), octets(16))
  const second = fc.integer({ min: 0, max: 2 ** 32 - 1 })
  const familyOf = (client: Uint8Array) => (client.length === 4 ? 4 : 6)

  function given(key: Uint8Array, client: Uint8Array, clientCookie: Uint8Array, now: number) {
    const cookies = new Cookies(CookieSecrets.of([key]))
    cookies.check(clientCookie, 0, 8, client, 0, familyOf(client), now)
    return { cookies, cookie: Uint8Array.from(cookies.fresh) }
  }

  test('who flip any bit of a good cookie have a bad one', () => {
    fc.assert(
      fc.property(secret, address, octets(8), second, (key, client, clientCookie, now) => {
        const { cookies, cookie } = given(key, client, clientCookie, now)
        const judge = (data: Uint8Array) =>
          cookies.check(data, 0, COOKIE_LENGTH, client, 0, familyOf(client), now)
        assert.equal(judge(cookie), CookieState.Good)
        for (let bit = 0; bit < 8 * COOKIE_LENGTH; bit++) {
          const forged = Uint8Array.from(cookie)
          forged[bit >> 3]! ^= 1 << (bit & 7)
          assert.equal(judge(forged), CookieState.Bad, `bit ${bit}`)
        }
      }),
    )
  })

  test('who show a cookie of another address have a bad one', () => {
    fc.assert(
      fc.property(
        secret,
        address,
        address,
        octets(8),
        second,
        (key, client, other, clientCookie, now) => {
          fc.pre(Buffer.compare(client, other) !== 0)
          const { cookies, cookie } = given(key, client, clientCookie, now)
          const state = cookies.check(cookie, 0, COOKIE_LENGTH, other, 0, familyOf(other), now)
          assert.equal(state, CookieState.Bad)
        },
      ),
    )
  })

  test('who make up a cookie of any length have none that is good', () => {
    const data = fc.uint8Array({ minLength: 1, maxLength: 48 })
    fc.assert(
      fc.property(secret, address, data, second, (key, client, cookie, now) => {
        const cookies = new Cookies(CookieSecrets.of([key]))
        const fresh = Uint8Array.from(cookie)
        // As forgers would: of our version, and of this moment.
        if (fresh.length >= 16) new DataView(fresh.buffer).setUint32(12, now)
        if (fresh.length >= 16) fresh[8] = 1
        const state = cookies.check(fresh, 0, fresh.length, client, 0, familyOf(client), now)
        assert.ok(state !== CookieState.Good && state !== CookieState.Renewed)
      }),
      { numRuns: 2_000 },
    )
  })
})
