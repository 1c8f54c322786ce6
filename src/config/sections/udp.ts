import { integer, section, size } from '../values.ts'

export const udp = section('Queries over UDP.', {
  maxAnswerSize: integer({
    about:
      'Octets of the largest answer; a longer one is truncated and fetched over TCP. 1232 passes every IPv6 path in one piece (RFC 9715 §3).',
    initial: 1232,
    min: 512,
    max: 1232,
  }),
  maxUnverifiedAnswer: integer({
    about:
      'The same for clients that have not shown a good cookie, whose address may be forged: less of this is less of a weapon. From what a question of the longest name takes with OPT and a cookie.',
    initial: 1232,
    min: 320,
    max: 1232,
  }),
  receiveBuffer: size({
    about:
      'Room in the kernel for queries that wait, for each listener and worker: a burst that comes while a worker is busy. The system may allow less (net.core.rmem_max).',
    initial: '4MiB',
    min: '64KiB',
    max: '256MiB',
  }),
})
