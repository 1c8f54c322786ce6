import { choice, duration, flag, integer, percentage, section, withDefaults } from '../values.ts'

const hedge = section('Asking a second upstream when the first is late.', {
  percentile: integer({
    about:
      'An answer is late when so many in a hundred of the upstream’s recent ones came sooner. Lower costs more queries than it saves time.',
    initial: 95,
    min: 50,
    max: 99,
  }),
  floor: duration({
    about:
      'No answer is late before. Below a few times what a busy machine holds anything up, chance decides.',
    initial: '20ms',
    min: '1ms',
    max: '10s',
  }),
  budget: percentage({
    about:
      'Extra queries among all queries, at the most; 0% asks nobody twice. Each tells a second upstream of the name.',
    initial: '5%',
    min: '0%',
    max: '100%',
  }),
})

export const selection = section('Which upstream of a group is asked.', {
  strategy: choice({
    about:
      'latency: the one that answers soonest; ordered: the first that works; round-robin, random: by weight; least-outstanding: the least busy; fastest: several at once; sticky: the same for all names of a domain, so that one upstream sees one share of what is asked.',
    initial: 'latency',
    choices: [
      'ordered',
      'round-robin',
      'random',
      'least-outstanding',
      'latency',
      'fastest',
      'sticky',
    ],
  }),
  fastestOf: integer({
    about: 'How many upstreams the strategy fastest asks at once; each learns every name.',
    initial: 2,
    min: 2,
    max: 8,
  }),
  hedge: withDefaults(hedge),
  explain: flag({
    about:
      'Whether clients are told which upstream failed them and how, in the text of the extended error (RFC 8914). It shows them something of this network.',
    initial: false,
  }),
})
