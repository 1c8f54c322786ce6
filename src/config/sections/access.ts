import { readRange } from '../address.ts'
import { Fault } from '../problem.ts'
import { choice, list, report, required, section } from '../values.ts'

/** Loopback, private (RFC 1918, RFC 4193) and link-local (RFC 3927, RFC 4291 §2.5.6) addresses. */
const LOCAL_RANGES = [
  '127.0.0.0/8',
  '::1/128',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]

const MAX_RANGES = 10_000

const range = required<string>({
  about: 'Addresses, as 192.0.2.0/24 or 2001:db8::/32, or one address.',
  shape: { type: 'string' },
  read: readRange,
})

export const access = section('Who may ask. The longest range that holds the client decides.', {
  allow: list<string>({
    about: `Ranges that may ask, at most ${MAX_RANGES}. By default the machine itself and private networks: an open resolver is a weapon against others (RFC 5358).`,
    initial: LOCAL_RANGES,
    min: 0,
    max: MAX_RANGES,
    of: range,
  }),
  deny: list<string>({
    about: `Ranges that may not, at most ${MAX_RANGES}. Whoever is in no range may not either.`,
    initial: [],
    min: 0,
    max: MAX_RANGES,
    of: range,
  }),
  onDeny: choice({
    about:
      'What a stranger gets over UDP. drop: nothing, which is no help to who forges addresses; refuse: REFUSED. A TCP connection is closed at once either way.',
    initial: 'drop',
    choices: ['drop', 'refuse'],
  }),
}).superRefine(({ allow, deny }, context) => {
  const allowed = new Set(allow)
  for (const [i, one] of deny.entries()) {
    if (!allowed.has(one)) continue
    report(context, new Fault(`${one} is allowed as well`, 'leave one out'), ['deny', i])
  }
})
