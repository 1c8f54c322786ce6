import { integer, section } from '../values.ts'

export const udp = section('Queries over UDP.', {
  maxAnswerSize: integer({
    about:
      'Octets of the largest answer; a longer one is truncated and fetched over TCP. 1232 passes every IPv6 path in one piece (RFC 9715 §3).',
    initial: 1232,
    min: 512,
    max: 1232,
  }),
})
