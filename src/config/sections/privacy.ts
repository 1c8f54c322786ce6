import { readRange } from '../address.ts'
import { Fault } from '../problem.ts'
import { choice, integer, optional, report, section, withDefaults } from '../values.ts'

const clientSubnet = section(
  'The network of a client, which a server far behind us may choose the answer by (RFC 7871).',
  {
    mode: choice({
      about:
        'strip: nothing of it goes upstream, as RFC 7871 §2 would have it where nobody needs it. pass: what a client tells of itself goes on, cut short, and answers are kept for each network apart. send: all questions go with `prefix`.',
      initial: 'strip',
      choices: ['strip', 'pass', 'send'],
    }),
    prefix: optional<string | null>({
      about:
        'The network to send, which tells where you are and not who asks. 0.0.0.0/0 forbids upstreams to tell of our own address (RFC 7871 §7.1.2).',
      initial: null,
      shape: { type: ['string', 'null'] },
      read: (input) => (input === null ? null : readRange(input)),
    }),
    ipv4Prefix: integer({
      about:
        'Leading bits of an IPv4 network that are passed on at most. RFC 7871 §11.1 advises 24: more would tell who asks.',
      initial: 24,
      min: 0,
      max: 32,
    }),
    ipv6Prefix: integer({
      about: 'The same of an IPv6 network. RFC 7871 §11.1 advises 56, which is one site.',
      initial: 56,
      min: 0,
      max: 128,
    }),
  },
).superRefine(({ mode, prefix }, context) => {
  if (mode === 'send' && prefix === null) {
    report(context, new Fault('is missing', 'name the network to send, or set another mode'), [
      'prefix',
    ])
  } else if (mode !== 'send' && prefix !== null) {
    const fault = new Fault(`is not sent in mode ${mode}`, 'set mode: send, or leave it out')
    report(context, fault, ['prefix'])
  }
})

export const privacy = section('What others are told of clients.', {
  clientSubnet: withDefaults(clientSubnet),
})
