import { duration, integer, section, size } from '../values.ts'

export const tcp = section('Queries over TCP (RFC 7766). Numbers are for each worker.', {
  maxConnections: integer({
    about: 'Open connections; past it the one idle longest is closed. Each takes a descriptor.',
    initial: 4096,
    min: 16,
    max: 1_000_000,
  }),
  maxPerClient: integer({
    about:
      'Open connections of one address, so that one client does not hold them all. Many may share an address behind NAT or another proxy.',
    initial: 256,
    min: 1,
    max: 1_000_000,
  }),
  maxInFlight: integer({
    about: 'Queries of one connection under way at once; past it reading waits.',
    initial: 256,
    min: 1,
    max: 65_536,
  }),
  maxUnread: size({
    about: 'Answers that wait for a client to read them; past it the connection is reset.',
    initial: '1MiB',
    min: '256KiB',
    max: '64MiB',
  }),
  idleTimeout: duration({
    about:
      'Until a connection without a query under way is closed. RFC 7766 §6.2.3 asks for seconds.',
    initial: '10s',
    min: '1s',
    max: '2m',
  }),
  frameTimeout: duration({
    about: 'From a message’s first octet to its last. 64 KB over a bad link take seconds.',
    initial: '5s',
    min: '500ms',
    max: '1m',
  }),
  writeTimeout: duration({
    about: 'For a client to read on while answers wait for it.',
    initial: '10s',
    min: '1s',
    max: '2m',
  }),
  lifetime: duration({
    about: 'Until a connection is closed however busy, so that none stays for ever.',
    initial: '1h',
    min: '10s',
    max: '1d',
  }),
})
