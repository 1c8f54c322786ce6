import { duration, section } from '../values.ts'

export const timeouts = section('How long others may wait for us.', {
  query: duration({
    about:
      'For an answer, over all upstreams, until the client gets SERVFAIL. Stub resolvers ask again after 5s, so it stays below that.',
    initial: '4s',
    min: '100ms',
    max: '30s',
  }),
  shutdown: duration({
    about:
      'After SIGTERM, for queries in flight to be answered. Container runtimes kill after 10s.',
    initial: '5s',
    min: '0s',
    max: '1m',
  }),
})
