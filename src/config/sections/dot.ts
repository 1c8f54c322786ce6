import { duration, integer, section } from '../values.ts'

export const dot = section(
  'Connections to upstreams (RFC 7858). Numbers are for each upstream and worker.',
  {
    maxConnections: integer({
      about:
        'Open connections. One batches best; more are for servers that bound the queries on one.',
      initial: 4,
      min: 1,
      max: 64,
    }),
    spareConnections: integer({
      about:
        'Connections kept open beyond those in use while queries come, so that one that closes or stalls has a successor at hand.',
      initial: 1,
      min: 0,
      max: 4,
    }),
    maxInFlight: integer({
      about:
        'Unanswered queries on one connection. Beyond a few hundred, many servers stop reading.',
      initial: 512,
      min: 1,
      max: 16_384,
    }),
    maxWaiting: integer({
      about: 'Queries that wait for room on a connection: about a second of heavy load.',
      initial: 4096,
      min: 1,
      max: 65_536,
    }),
    connectTimeout: duration({
      about: 'For the handshakes of TCP and TLS: a lost SYN, which costs 1s, and a far server.',
      initial: '3s',
      min: '100ms',
      max: '30s',
    }),
    raceAfter: duration({
      about: 'A handshake that takes longer gets a rival: several usual round trips.',
      initial: '600ms',
      min: '50ms',
      max: '30s',
    }),
    stallTimeout: duration({
      about:
        'Silence, while queries wait, after which a connection is given up: longer than slow names usually take.',
      initial: '2s',
      min: '100ms',
      max: '30s',
    }),
    idleTimeout: duration({
      about:
        'Until an unused connection is closed. Public resolvers close theirs after 10s, and a query written into a closing connection has to be sent twice.',
      initial: '8s',
      min: '100ms',
      max: '10m',
    }),
  },
)
