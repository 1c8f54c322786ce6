import { choice, duration, integer, list, section, withDefaults } from '../values.ts'
import { accessEntry } from './access.ts'

/** As `access` takes: whoever has more knows them by a group. */
const MAX_EXEMPT = 10_000

/** More than one core can take in. */
const MAX_CLIENT_RATE = 1_000_000
/** More than a machine can take in. */
const MAX_RATE = 10_000_000

const MAX_ANSWER_RATE = 10_000

function clientRate(who: string): ReturnType<typeof integer> {
  return integer({
    about: `Queries a second of one client ${who}. 0: as many as it likes.`,
    initial: 0,
    min: 0,
    max: MAX_CLIENT_RATE,
  })
}

function sharedRate(who: string): ReturnType<typeof integer> {
  return integer({
    about: `Queries a second ${who}, counted apart for those who have proved their address and for others. 0: no limit.`,
    initial: 0,
    min: 0,
    max: MAX_RATE,
  })
}

function answerRate(what: string): ReturnType<typeof integer> {
  return integer({
    about: `Answers a second ${what} to one prefix; a client that keeps what it was told needs few. 0: no limit.`,
    initial: 0,
    min: 0,
    max: MAX_ANSWER_RATE,
  })
}

const responses = section(
  'Equal answers over UDP to one prefix, for clients without a good cookie: whose address may be forged, so that a victim gets the answers.',
  {
    equal: answerRate('to one question, with records'),
    noData: answerRate('about one zone that has no such records'),
    nxDomain: answerRate('about one zone that has no such names'),
    errors: answerRate('that are errors'),
    window: duration({
      about:
        'Until a prefix that stopped asking gets such answers again, at the longest. A flood is held off whole once it is seen, not let through at the rate.',
      initial: '15s',
      min: '1s',
      max: '5m',
    }),
    slip: integer({
      about:
        'Of so many answers held back one is sent empty, with TC, so that a true client comes over TCP. 1 sends all so; 0 none.',
      initial: 2,
      min: 0,
      max: 10,
    }),
    ipv4Prefix: integer({
      about:
        'Leading bits of an IPv4 address that make one prefix. A flood fills a network’s line, not one machine’s.',
      initial: 24,
      min: 8,
      max: 32,
    }),
    ipv6Prefix: integer({
      about: 'Leading bits of an IPv6 address that make one prefix. Sites get a /56 (RFC 6177).',
      initial: 56,
      min: 16,
      max: 128,
    }),
  },
)

export const rateLimit = section('How much may be asked. Nothing is limited by default.', {
  perClient: clientRate('over UDP without a good cookie'),
  perVerifiedClient: clientRate('over connections or with a good cookie'),
  perListener: sharedRate('through each listener'),
  total: sharedRate('in all'),
  burst: duration({
    about:
      'What a limit gives at once after a pause: queries of so long. A browser that opens a page asks dozens within a moment.',
    initial: '1s',
    min: '100ms',
    max: '1m',
  }),
  ipv4Prefix: integer({
    about: 'Leading bits of an IPv4 address that make one client.',
    initial: 32,
    min: 8,
    max: 32,
  }),
  ipv6Prefix: integer({
    about:
      'Leading bits of an IPv6 address that make one client. Sites get a /56 (RFC 6177), and each machine in one has addresses without end.',
    initial: 56,
    min: 16,
    max: 128,
  }),
  onExceed: choice({
    about:
      'What is over the limit gets over UDP without a good cookie. truncate: an empty answer with TC, for which a true client comes back over TCP; drop: nothing; refuse: REFUSED. Who has proved its address is always refused.',
    initial: 'truncate',
    choices: ['truncate', 'drop', 'refuse'],
  }),
  slip: integer({
    about: 'Of so many dropped queries one gets TC instead. 1: each; 0: none.',
    initial: 2,
    min: 0,
    max: 10,
  }),
  exempt: list<string>({
    about: `Ranges and groups without limits, at most ${MAX_EXEMPT}.`,
    initial: [],
    min: 0,
    max: MAX_EXEMPT,
    of: accessEntry,
  }),
  responses: withDefaults(responses),
})
