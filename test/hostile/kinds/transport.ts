// Servers that cannot be reached, do not speak TLS, or are not who they should be (RFC 7858 §3,
// RFC 8310 §8, RFC 9525).

import type { Socket } from 'node:net'
import type { SecureVersion } from 'node:tls'
import type { Certificates, Misbehaviour } from '../misbehaviour.ts'

const whole = { everything: true, alone: 'failure', maxQueries: 4 } as const

function accepts(name: string, accept: (socket: Socket) => void): Misbehaviour {
  return { ...whole, name, accept }
}

/** Reads what comes, so that closing is not a reset, and then does something. */
function afterFirst(act: (socket: Socket, octets: Buffer) => void): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', (octets) => act(socket, octets))
    socket.resume()
  }
}

/** A TLS alert in a record of its own (RFC 8446 §6). */
const alert = (level: number, code: number): Buffer => Buffer.of(21, 3, 3, 0, 2, level, code)

const ALERTS: Readonly<Record<string, number>> = {
  close_notify: 0,
  unexpected_message: 10,
  handshake_failure: 40,
  certificate_expired: 45,
  illegal_parameter: 47,
  decode_error: 50,
  protocol_version: 70,
  internal_error: 80,
  unrecognized_name: 112,
  certificate_required: 116,
  no_application_protocol: 120,
}

const reach: readonly Misbehaviour[] = [
  { ...whole, name: 'refuses connections', deaf: true },
  accepts('resets at once', (socket) => socket.resetAndDestroy()),
  accepts('closes at once', (socket) => socket.end()),
  accepts('takes connections and says nothing', (socket) => socket.resume()),
  accepts('takes connections and reads nothing', () => {}),
  accepts(
    'resets at the ClientHello',
    afterFirst((socket) => socket.resetAndDestroy()),
  ),
  accepts(
    'closes at the ClientHello',
    afterFirst((socket) => socket.end()),
  ),
  accepts('resets after 100 ms', (socket) => {
    setTimeout(() => socket.resetAndDestroy(), 100)
  }),
]

const noise: readonly Misbehaviour[] = [
  accepts('greets in plain text', (socket) => socket.write('220 mail.example.org ESMTP\r\n')),
  accepts(
    'answers the ClientHello with HTTP',
    afterFirst((socket) => {
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    }),
  ),
  accepts(
    'sends the ClientHello back',
    afterFirst((socket, octets) => socket.write(octets)),
  ),
  accepts(
    'answers the ClientHello with zeros',
    afterFirst((socket) => socket.write(Buffer.alloc(500))),
  ),
  accepts(
    'answers the ClientHello with 100 KB of noise',
    afterFirst((socket) => socket.write(Buffer.alloc(100_000, 0x5a))),
  ),
  accepts(
    'answers the ClientHello with one octet',
    afterFirst((socket) => socket.write(Buffer.of(22))),
  ),
  accepts(
    'announces a TLS record that never comes',
    afterFirst((socket) => socket.write(Buffer.of(22, 3, 3, 0x40, 0))),
  ),
  accepts(
    'announces a TLS record that is too long',
    afterFirst((socket) => socket.write(Buffer.of(22, 3, 3, 0xff, 0xff))),
  ),
  accepts(
    'answers with data where a handshake should be',
    afterFirst((socket) => socket.write(Buffer.of(23, 3, 3, 0, 1, 0))),
  ),
  accepts(
    'answers with an empty ServerHello',
    afterFirst((socket) => socket.write(Buffer.of(22, 3, 3, 0, 4, 2, 0, 0, 0))),
  ),
  accepts('sends an octet of noise every 50 ms', (socket) => {
    const timer = setInterval(() => socket.write(Buffer.of(22)), 50)
    socket.on('close', () => clearInterval(timer))
  }),
  accepts(
    'answers DNS without TLS',
    afterFirst((socket) =>
      socket.write(Buffer.of(0, 12, 0, 0, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)),
    ),
  ),
  ...Object.entries(ALERTS).map(([name, code]) =>
    accepts(
      `sends the alert ${name}`,
      afterFirst((socket) => socket.end(alert(code === 0 ? 1 : 2, code))),
    ),
  ),
  accepts(
    'sends a warning and waits',
    afterFirst((socket) => socket.write(alert(1, 90))),
  ),
]

function shows(name: string, which: keyof Certificates): Misbehaviour {
  return {
    ...whole,
    name,
    tls: (certificates) => ({ cert: certificates[which].cert, key: certificates[which].key }),
  }
}

const identity: readonly Misbehaviour[] = [
  shows('shows an expired certificate', 'expired'),
  shows('shows a certificate that is not valid yet', 'notYetValid'),
  shows('shows a certificate for another name', 'otherName'),
  shows('shows a certificate for its address alone', 'addressOnly'),
  shows('shows a certificate for clients', 'forClients'),
  shows('shows a certificate of an unknown authority', 'unknownAuthority'),
]

const old = (version: SecureVersion): Misbehaviour => ({
  ...whole,
  name: `speaks ${version} alone`,
  tls: () => ({ minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' }),
})

const terms: readonly Misbehaviour[] = [
  old('TLSv1'),
  old('TLSv1.1'),
  {
    ...whole,
    name: 'wants another protocol than ours',
    tls: () => ({ ALPNProtocols: ['h2'] }),
    alone: 'either',
    beside: 'right',
  },
  { ...whole, name: 'wants no protocol', tls: () => ({ ALPNProtocols: [] }), alone: 'right' },
  {
    ...whole,
    name: 'demands a certificate of ours',
    tls: () => ({ requestCert: true, rejectUnauthorized: true }),
  },
  {
    ...whole,
    name: 'asks for a certificate of ours',
    tls: () => ({ requestCert: true, rejectUnauthorized: false }),
    alone: 'right',
  },
  {
    ...whole,
    name: 'gives no session tickets',
    tls: () => ({ secureOptions: 1 << 14 }),
    alone: 'right',
  },
  {
    ...whole,
    name: 'forgets its sessions',
    tls: () => ({ ticketKeys: Buffer.alloc(48, Math.random() * 255) }),
    alone: 'right',
  },
  {
    ...whole,
    name: 'offers weak ciphers alone',
    tls: () => ({ maxVersion: 'TLSv1.2', ciphers: 'NULL:eNULL:@SECLEVEL=0' }),
  },
]

export const transport = [...reach, ...noise, ...identity, ...terms]
