// Everything that is counted, by name and label. A counter's place in a row follows from this list
// alone, so every thread finds it without being told.

/** Upstreams that are counted each for itself; all beyond share the last place. */
export const UPSTREAM_SLOTS = 32

export interface CounterFamily {
  readonly name: string
  readonly help: string
  /** Whether each upstream has its own counters of this family. */
  readonly perUpstream: boolean
  /** The label's name, and the values that it may take; one plain counter without. */
  readonly label: string | null
  readonly values: readonly string[]
}

function family(
  name: string,
  help: string,
  label: string | null = null,
  values: readonly string[] = [''],
): CounterFamily {
  return { name, help, perUpstream: false, label, values }
}

function perUpstream(...parameters: Parameters<typeof family>): CounterFamily {
  return { ...family(...parameters), perUpstream: true }
}

const TRANSPORTS = ['udp', 'tcp', 'tls', 'https']

/** IANA's names for the first response codes; whatever is above is counted as one. */
const RCODES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
  'DSOTYPENI',
  '12',
  '13',
  '14',
  '15',
  'BADVERS',
  'other',
]

export const FAMILIES = {
  queries: family('queries', 'Messages received from clients', 'transport', TRANSPORTS),
  denied: family('denied', 'Messages from strangers', 'transport', TRANSPORTS),
  rejected: family('rejected', 'Messages that are no query to ask of anybody', 'reason', [
    'none',
    'not-a-query',
    'malformed',
    'not-implemented',
    'bad-version',
    'cookie-only',
  ]),
  cookies: family('cookies', 'Queries by their DNS cookie (RFC 7873)', 'state', [
    'none',
    'client-only',
    'good',
    'renewed',
    'bad',
    'malformed',
  ]),
  anyAnswered: family('any_answered', 'Queries for type ANY with a minimal answer (RFC 8482)'),
  limited: family('limited', 'Queries and answers over a limit, by the limit', 'limit', [
    'client',
    'listener',
    'total',
    'responses',
  ]),
  limitedVerdicts: family('limited_verdicts', 'What was over a limit, by what it got', 'verdict', [
    'none',
    'truncate',
    'drop',
    'refuse',
  ]),
  cacheHits: family('cache_hits', 'Queries answered from the cache'),
  cacheMisses: family('cache_misses', 'Queries that the cache could not answer'),
  answeredLocally: family('answered_locally', 'Queries about names that are never forwarded'),
  coalesced: family('coalesced', 'Queries that joined an equal one under way'),
  overloaded: family('overloaded', 'Queries turned away because too many were under way'),
  answers: family('answers', 'Answers sent to clients', 'rcode', RCODES),
  resolveSeconds: family('resolve_seconds', 'Seconds that answered questions took upstream'),
  resolved: family('resolved', 'Questions that an upstream answered'),
  stale: family(
    'stale_answers',
    'Answers past their time to live, by why they were served',
    'reason',
    ['unreachable', 'late', 'failure'],
  ),
  clientSubnets: family(
    'client_subnets',
    'Client subnets that go upstream (RFC 7871), by what became of them',
    'event',
    ['taken', 'malformed', 'tailored', 'for-all'],
  ),
  storeLookups: family('store_lookups', 'Lookups in the shared store, by result', 'result', [
    'hit',
    'miss',
    'late',
    'failed',
    'skipped',
    'rejected',
  ]),
  storeRejected: family('store_rejected', 'Records of the store that were not taken', 'reason', [
    'schema',
    'checksum',
    'malformed',
    'clock',
  ]),
  storeWrites: family('store_writes', 'Records for the store, by what became of them', 'event', [
    'written',
    'dropped',
  ]),
  storeClaims: family('store_claims', 'Questions that one of many proxies asks', 'event', [
    'won',
    'spared',
    'given-up',
  ]),
  snapshots: family('snapshots', 'Snapshots of the cache, by what became of them', 'event', [
    'written',
    'failed',
    'read',
    'refused',
  ]),
  snapshotEntries: family('snapshot_entries', 'Entries in snapshots of the cache', 'event', [
    'written',
    'restored',
    'passed',
  ]),
  renewals: family(
    'renewals',
    'Answers asked for anew before their end, by what became of it',
    'event',
    ['begun', 'done', 'failed', 'denied'],
  ),
  validations: family(
    'dnssec_validations',
    'Answers that were validated, by what was found (RFC 4035 §4.3)',
    'result',
    ['secure', 'insecure', 'indeterminate', 'bogus'],
  ),
  bogus: family('dnssec_bogus', 'Bogus answers, by the info code of why (RFC 8914)', 'info_code', [
    '0',
    '1',
    '2',
    '5',
    '6',
    '7',
    '8',
    '9',
    '10',
    '11',
    '12',
    '25',
    '27',
    'other',
  ]),
  bogusRetries: family('dnssec_retries', 'Bogus answers asked for again of another upstream'),
  signatures: family('dnssec_signatures', 'Signatures checked', 'result', ['good', 'bad']),
  chainQuestions: family('dnssec_questions', 'Questions for keys and delegations'),
  cutOff: family('dnssec_cut_off', 'Answers that would have cost too much work to validate'),
  synthesized: family(
    'dnssec_synthesized',
    'Questions answered by what was proven of other names, without asking (RFC 8198)',
    'kind',
    ['nxdomain', 'nodata', 'wildcard'],
  ),
  stripping: family(
    'dnssec_stripping',
    'Upstreams found to leave signatures out, and found not to any more',
    'event',
    ['found', 'gone'],
  ),
  clockDoubts: family(
    'dnssec_clock_doubts',
    'Times that signatures of several zones held at another time than the system clock shows',
    'clock',
    ['behind', 'ahead'],
  ),
  udp: family('udp', 'Datagrams, by what became of them', 'event', [
    'received',
    'sent',
    'dropped',
    'too-long',
  ]),
  proxyRefused: family(
    'proxy_refused',
    'Datagrams not taken where proxies alone may ask',
    'reason',
    ['not-a-proxy', 'proxy-header'],
  ),
  connections: family('connections_opened', 'Connections taken from clients'),
  connectionsRefused: family('connections_refused', 'Connections not taken', 'reason', [
    'unauthorised',
    'client-full',
    'table-full',
    'accept',
    'rate',
    'proxy-header',
    'not-a-proxy',
  ]),
  connectionsClosed: family('connections_closed', 'Connections ended', 'reason', [
    'client',
    'idle',
    'lifetime',
    'frame-timeout',
    'short-frame',
    'unread',
    'shed',
    'fault',
    'shutdown',
    'handshake',
    'handshake-timeout',
    'unauthorised',
    'memory',
    'handshake-rate',
    'handshakes-full',
    'protocol',
    'nuisance',
    'trust',
  ]),
  httpsRefused: family('https_refused', 'HTTP requests that hold no query to answer', 'status', [
    '400',
    '404',
    '405',
    '413',
    '414',
    '415',
    '417',
    '429',
    '431',
    '501',
    '505',
  ]),
  tlsHandshakes: family('tls_handshakes', 'TLS handshakes with clients', 'outcome', [
    'full',
    'resumed',
    'no-certificate',
    'unknown-authority',
    'expired',
    'revoked',
    'revocation-unknown',
    'bad-certificate',
    'failed',
  ]),
  upstreamQueries: perUpstream('upstream_queries', 'Queries written to upstreams'),
  upstreamAnswers: perUpstream('upstream_answers', 'Answers from upstreams', 'rcode', RCODES),
  upstreamFailures: perUpstream('upstream_failures', 'Tries that an upstream failed', 'kind', [
    'resolve',
    'connect',
    'tls',
    'closed',
    'timeout',
    'stalled',
    'refused',
    'malformed',
    'overload',
    'shutdown',
    'loop',
    'bogus',
  ]),
  upstreamUnmatched: perUpstream('upstream_unmatched', 'Answers that match no query under way'),
  upstreamResent: perUpstream('upstream_resent', 'Queries sent again on a fresh connection'),
  upstreamConnections: perUpstream(
    'upstream_connections',
    'Connections opened to upstreams',
    'session',
    ['full', 'resumed'],
  ),
  upstreamConnectionFailures: perUpstream(
    'upstream_connection_failures',
    'Connections that failed',
  ),
  upstreamClosed: perUpstream('upstream_closed', 'Connections to upstreams that ended'),
  upstreamUnauthenticated: perUpstream(
    'upstream_unauthenticated',
    'Connections to upstreams that did not prove who they are',
    'state',
    ['opened', 'closed'],
  ),
  upstreamCircuit: perUpstream(
    'upstream_circuit',
    'Times that upstreams went out of use, and came back',
    'event',
    ['opened', 'closed'],
  ),
  upstreamProbes: perUpstream(
    'upstream_probes',
    'Questions asked to see whether an upstream is back',
  ),
  upstreamRetries: perUpstream(
    'upstream_retries',
    'Queries asked again after another upstream failed',
  ),
  upstreamHedges: perUpstream('upstream_hedges', 'Late queries, by what became of them', 'event', [
    'sent',
    'won',
    'denied',
  ]),
  upstreamSubnetRefusals: perUpstream(
    'upstream_subnet_refusals',
    'Questions answered only when they came again without a client subnet',
  ),
  upstreamAnswerSeconds: perUpstream(
    'upstream_answer_seconds',
    'Seconds that its answers took, added up',
  ),
} as const satisfies Record<string, CounterFamily>

export type FamilyName = keyof typeof FAMILIES

const offsets = new Map<CounterFamily, number>()
let total = 0
for (const entry of Object.values(FAMILIES)) {
  offsets.set(entry, total)
  total += entry.values.length * (entry.perUpstream ? UPSTREAM_SLOTS : 1)
}

/** Counters in a row. */
export const ROW_LENGTH = total

/** Where a family's first counter stands in a row; for an upstream's, those of its slot. */
export function familyOffset(name: FamilyName, slot = 0): number {
  return offsets.get(FAMILIES[name])! + slot * FAMILIES[name].values.length
}
