import type * as z from 'zod'
import { Fault } from '../problem.ts'
import { choice, duration, file, flag, report, requiredFile, section } from '../values.ts'

export const listenerTls = section(
  'For tls and https: who we are to clients (RFC 7858), and who they must be.',
  {
    certificate: requiredFile(
      'PEM file of our certificate, with those between it and its authority behind it. Read again when it changes.',
    ),
    key: requiredFile('PEM file of its private key, without passphrase.'),
    clientCa: file('PEM file of the authorities whose certificates clients may show.'),
    clientCrl: file('PEM file of what each of these authorities has revoked (RFC 5280 §5).'),
    require: flag({
      about: 'Whether a client without such a certificate is turned away.',
      initial: false,
    }),
    minVersion: choice({
      about: 'The oldest TLS that is spoken.',
      initial: 'TLSv1.2',
      choices: ['TLSv1.2', 'TLSv1.3'],
    }),
    handshakeTimeout: duration({
      about: 'For a handshake, over a bad link too; what takes longer is an attack.',
      initial: '5s',
      min: '500ms',
      max: '30s',
    }),
  },
).superRefine(({ clientCa, clientCrl, require }, context) => {
  if (clientCa !== null) return
  const remedy = 'give clientCa: the PEM file of the authorities that sign clients’ certificates'
  if (require) {
    report(context, new Fault('no authority is named that clients could be from', remedy), [
      'require',
    ])
  }
  if (clientCrl !== null) {
    report(context, new Fault('revokes certificates of no authority', remedy), ['clientCrl'])
  }
})

export type ListenerTls = z.output<typeof listenerTls>
