import { formatDuration, formatSize } from '../units.ts'
import { Fault } from '../problem.ts'
import { duration, integer, report, section, size } from '../values.ts'

export const tcp = section('Connections of clients over TCP (RFC 7766), TLS and HTTPS.', {
  maxConnections: integer({
    about:
      'Open connections, over all workers; past it the one idle longest is closed. Each takes a descriptor and some 6 KB, with TLS 30 KB.',
    initial: 10_000,
    min: 16,
    max: 1_000_000,
  }),
  maxPerClient: integer({
    about:
      'Open connections of one client, so that none holds them all. Many may share an address behind NAT or another proxy.',
    initial: 256,
    min: 1,
    max: 1_000_000,
  }),
  ipv4Prefix: integer({
    about: 'Leading bits of an IPv4 address that make a client.',
    initial: 32,
    min: 8,
    max: 32,
  }),
  ipv6Prefix: integer({
    about: 'Leading bits of an IPv6 address that make a client. A home is given /56 (RFC 6177 §2).',
    initial: 56,
    min: 16,
    max: 128,
  }),
  connectionRate: integer({
    about:
      'Connections that one client opens in a second, in the long run; at once as many as it may have open. 200 take about a hundredth of a core.',
    initial: 200,
    min: 1,
    max: 1_000_000,
  }),
  handshakeRate: integer({
    about:
      'TLS handshakes that one client begins in a second, in the long run; at once as many as it may have connections. 50 take 3 % of a core, more with an RSA key.',
    initial: 50,
    min: 1,
    max: 1_000_000,
  }),
  totalHandshakeRate: integer({
    about:
      'TLS handshakes that all clients together begin in a second. 500 take a third of a core, more with an RSA key; what is above is refused before it costs anything.',
    initial: 500,
    min: 1,
    max: 1_000_000,
  }),
  maxHandshakes: integer({
    about: 'TLS handshakes under way at once; past it the oldest ends. Each takes 26 KB.',
    initial: 1024,
    min: 16,
    max: 65_536,
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
  maxBuffered: size({
    about:
      'What all connections hold in memory together, answers that wait and messages half sent; past it the one that holds most is reset.',
    initial: '64MiB',
    min: '1MiB',
    max: '16GiB',
  }),
  idleTimeout: duration({
    about:
      'Until a connection without a query under way is closed, while less than half of maxConnections are open. RFC 7766 §6.2.3 asks for seconds.',
    initial: '10s',
    min: '1s',
    max: '2m',
  }),
  minIdleTimeout: duration({
    about:
      'The same when nearly all are open (15 in 16); in between it falls in a straight line (RFC 9210 §4.2).',
    initial: '1s',
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
}).superRefine(({ idleTimeout, minIdleTimeout, maxUnread, maxBuffered }, context) => {
  if (minIdleTimeout > idleTimeout) {
    const most = formatDuration(idleTimeout)
    report(context, new Fault(`is above idleTimeout (${most})`, `give at most ${most}`), [
      'minIdleTimeout',
    ])
  }
  if (maxUnread > maxBuffered) {
    const most = formatSize(maxBuffered)
    report(context, new Fault(`is above maxBuffered (${most})`, `give at most ${most}`), [
      'maxUnread',
    ])
  }
})
