import { Fault } from '../problem.ts'
import { duration, integer, report, section, size, withDefaults } from '../values.ts'
import { formatDuration } from '../units.ts'
import { cacheSnapshot } from './cache-snapshot.ts'
import { cacheStore } from './cache-store.ts'

const stale = section('Answers past their time to live, when nothing better comes (RFC 8767).', {
  maxAge: duration({
    about:
      'Past their time to live, answers are served at most this long: an outage may last a day, and addresses older than that lead nowhere. 0s serves none.',
    initial: '1d',
    min: '0s',
    max: '7d',
  }),
  clientTimer: duration({
    about:
      'A client waits this long for a fresh answer before it gets a stale one. RFC 8767 §5 advises 1.8s, below the time-out of usual clients.',
    initial: '1800ms',
    min: '50ms',
    max: '10s',
  }),
})

export const cache = section('Answers kept in memory that all workers share.', {
  size: size({
    about: 'Memory for answers, index included; never more is taken.',
    initial: '256MiB',
    min: '1MiB',
    max: '16GiB',
  }),
  minTtl: duration({
    about:
      'Answers are kept at least this long, but for those with a TTL of 0, which are not to be kept (RFC 1035 §3.2.1), and those proven by DNSSEC, which are kept as their signatures say (RFC 4035 §5.3.3). Above 0s, changes of a zone are seen late.',
    initial: '0s',
    min: '0s',
    max: '1h',
  }),
  maxTtl: duration({
    about: 'Answers are kept at most this long. RFC 8767 §4 advises a cap of days, not weeks.',
    initial: '1d',
    min: '1s',
    max: '7d',
  }),
  negativeMaxTtl: duration({
    about:
      'NXDOMAIN and NODATA are kept at most this long. RFC 2308 §5 found 1 to 3 hours to work well, and more than a day to be trouble.',
    initial: '1h',
    min: '1s',
    max: '1d',
  }),
  failureTtl: duration({
    about:
      'SERVFAIL is kept this long, so that a broken zone does not cost a search each time (RFC 9520 §3.2 wants at least 1s).',
    initial: '5s',
    min: '1s',
    max: '30s',
  }),
  stale: withDefaults(stale),
  store: withDefaults(cacheStore),
  snapshot: withDefaults(cacheSnapshot),
  maxRenewals: integer({
    about:
      'Answers that each worker asks for anew at a time because somebody wanted them in the last tenth of their life. 0 renews none.',
    initial: 256,
    min: 0,
    max: 10_000,
  }),
}).superRefine(({ minTtl, maxTtl }, context) => {
  if (minTtl <= maxTtl) return
  const fault = new Fault(
    `${formatDuration(minTtl)} is more than cache.maxTtl, ${formatDuration(maxTtl)}`,
    'lower it, or raise cache.maxTtl',
  )
  report(context, fault, ['minTtl'])
})
