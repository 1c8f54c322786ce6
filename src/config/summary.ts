// A configuration on one screen, for `dotward check`.

import { accessAt } from './access.ts'
import { nameText } from '../dnssec/name.ts'
import { anchorsIn } from './anchor-files.ts'
import type { Config, ListenerConfig, UpstreamConfig } from './config.ts'
import { type Routing, routingOf } from './routing.ts'
import { DEFAULT_DOH_PATH } from './sections/listener-https.ts'
import { listenerId } from './sections/listeners.ts'
import { formatDuration, formatPercentage, formatSize } from './units.ts'

type GroupConfig = Config['access']['groups'][string]
type RouteConfig = Routing<UpstreamConfig>['routes'][number]

/** Lists are cut where they would fill the screen. */
const SHOWN = 8

export function summarize(config: Config): string[] {
  const { workers, listeners, bootstrap, timeouts, cache, access, selection } = config
  const { fallback, routes } = routingOf(config)
  const heads = ['workers', 'listen', 'ask', 'cache', 'routes', 'allow', 'deny', 'answer within']
  const width = Math.max(...heads.map((head) => head.length)) + 2
  const row = (head: string, rows: readonly string[]) =>
    rows.map((text, i) => `${(i === 0 ? head : '').padEnd(width)}${text}`)
  return [
    ...row('workers', [String(workers)]),
    ...row('listen', cut(listeners.map(describeListener))),
    ...row('ask', cut(fallback.map(describeUpstream))),
    ...row('by', [describeSelection(selection)]),
    ...row('hosts from', cut(bootstrap.servers.map(({ name }) => name))),
    ...row('routes', cut(routes.map(describeRoute))),
    ...row('answer within', [formatDuration(timeouts.query)]),
    ...row('cache', [
      `${formatSize(cache.size)}, TTL ${formatDuration(cache.minTtl)} to ${formatDuration(cache.maxTtl)}`,
    ]),
    ...row('share', [describeStore(cache.store)]),
    ...row('allow', [ranges(access.allow)]),
    ...row('deny', [`${ranges(access.deny)}; others are ${DENIED[access.onDeny]}`]),
    ...row('limit', limits(config.rateLimit)),
    ...row('cookies', [describeCookies(config.cookies)]),
    ...row('dnssec', describeDnssec(config)),
    ...row('subnets', describeSubnets(config.privacy)),
    ...row('at', cut(config.listeners.flatMap((one) => describeAccess(config, one)))),
    ...row('groups', cut(Object.entries(access.groups).map(describeGroup))),
  ]
}

function describeListener(listener: ListenerConfig): string {
  const { protocols, https, discovery, tls, proxyProtocol } = listener
  const path = protocols.includes('https') ? ` at ${https?.path ?? DEFAULT_DOH_PATH}` : ''
  const name = discovery === undefined ? '' : `, found as ${discovery}`
  const wanted = tls?.require === true ? 'required' : 'asked for'
  const certificates = (tls?.clientCa ?? null) === null ? '' : `, certificates of clients ${wanted}`
  const proxies =
    proxyProtocol === undefined ? '' : `, from proxies in ${ranges(proxyProtocol.from)}`
  return `${listenerId(listener)} ${protocols.join(' ')}${path}${name}${certificates}${proxies}`
}

/** What upstreams are told of clients' networks; nothing is what everybody expects. */
function describeSubnets({ clientSubnet }: Config['privacy']): string[] {
  const { mode, prefix, ipv4Prefix, ipv6Prefix } = clientSubnet
  if (mode === 'strip') return []
  if (mode === 'send') return [`${prefix} is sent for all`]
  return [`those of clients are passed on, at most /${ipv4Prefix} and /${ipv6Prefix}`]
}

/** How many secrets there are, never what they are. */
function describeCookies({ mode, secrets, secretFile }: Config['cookies']): string {
  if (mode === 'off') return 'off'
  const given = secretFile ?? `${secrets.length} given`
  return `${mode}; secrets: ${secrets.length === 0 && secretFile === null ? 'by chance' : given}`
}

/** What answers are held against; where they are not, `check` says apart. */
function describeDnssec({ dnssec }: Config): string[] {
  const { mode, trustAnchors, followRollOvers, anchorState } = dnssec
  if (mode === 'off') return ['off: nobody is asked for signatures']
  if (mode === 'passthrough')
    return ['passed through: what upstreams say of signatures is believed']
  const zones = anchorsIn(trustAnchors).map(({ zone }) => nameText(zone))
  const given = zones.length === 0 ? [] : [`of ${cut(zones).join(' ')} from ${trustAnchors}`]
  const anchors = [...(zones.includes('.') ? [] : ['of . built in']), ...given].join(', ')
  const kept = anchorState === null ? 'forgotten at a restart' : `kept in ${anchorState}`
  return [
    `validated; trust anchors ${anchors}`,
    followRollOvers ? `new keys are learnt, and ${kept}` : 'new keys are not learnt',
    ...(dnssec.acceptSha1 ? ['signatures with SHA-1 count'] : []),
  ]
}

function limits(config: Config['rateLimit']): string[] {
  const { perClient, perVerifiedClient, perListener, total, responses, exempt } = config
  const { equal, noData, nxDomain, errors } = responses
  const rates = [
    [perClient, 'of a client over UDP'],
    [perVerifiedClient, 'of a client that has proved its address'],
    [perListener, 'through each listener'],
    [total, 'in all'],
    [equal, 'equal answers to a prefix'],
    [noData, 'answers without data to a prefix, from one zone'],
    [nxDomain, 'answers without such a name to a prefix, from one zone'],
    [errors, 'errors to a prefix'],
  ] as const
  const told = rates.flatMap(([rate, what]) => (rate === 0 ? [] : [`${rate}/s ${what}`]))
  return told.length > 0 && exempt.length > 0 ? [...told, `not for ${ranges(exempt)}`] : told
}

/** Where it is and who can read it; never with what the address holds of users and passwords. */
function describeStore(store: Config['cache']['store']): string {
  const { kind, mode, masterName, sealed, deadline } = store
  if (kind === 'none') return 'no answers with other proxies'
  const [, scheme, hosts] = /^([a-z+]+):\/\/(?:.*@)?([^/?#]+)/.exec(store.url ?? '') ?? []
  const where = {
    disk: `in ${store.path}, up to ${formatSize(store.size)}`,
    mongodb: `MongoDB at ${hosts}`,
    redis: `${REDIS[mode]} ${hosts}${mode === 'sentinel' ? `, set ${masterName}` : ''}`,
  }[kind]
  const guard = kind === 'redis' ? [scheme === 'rediss' ? 'over TLS' : 'NOT ENCRYPTED'] : []
  const reading = sealed ? 'sealed' : 'readable for whoever has the store'
  return [where, ...guard, reading, `waits ${formatDuration(deadline)}`].join(', ')
}

const REDIS = {
  single: 'Redis at',
  cluster: 'cluster of Redis at',
  sentinel: 'Redis behind Sentinels at',
} as const

const DENIED = { drop: 'dropped', refuse: 'refused' } as const

function describeSelection({ strategy, fastestOf, hedge }: Config['selection']): string {
  const how = strategy === 'fastest' ? `fastest of ${fastestOf}` : strategy
  return hedge.budget === 0
    ? how
    : `${how}; a late answer is asked for again, for at most ${formatPercentage(hedge.budget)} of queries`
}

function describeRoute({ domains, upstreams }: RouteConfig): string {
  return `${cut(domains).join(', ')}: ${upstreams.map(describeUpstream).join('; ')}`
}

function describeUpstream(upstream: UpstreamConfig): string {
  const { name, protocol, address, port, tlsName, pins, ca, profile } = upstream
  if (protocol === 'plain') return `${name}: ${address} port ${port}, NOT ENCRYPTED`
  const proof = [
    profile === 'strict' ? `certificate for ${tlsName ?? address}` : 'NOT AUTHENTICATED',
    ...(pins.length === 0 ? [] : [`${pins.length} pinned`]),
    ...(ca === null ? [] : [`signed by ${ca}`]),
  ]
  return `${name}: ${address} port ${port}, ${proof.join(', ')}`
}

/** Of a listener with rules of its own. */
function describeAccess(config: Config, listener: ListenerConfig): string[] {
  if (listener.access === undefined) return []
  const { allow, deny, onDeny } = accessAt(config, listener)
  const rules = `allow ${ranges(allow)}; deny ${ranges(deny)}; others are ${DENIED[onDeny]}`
  return [`${listenerId(listener)}: ${rules}`]
}

function describeGroup([name, { ranges: some, certificates }]: [string, GroupConfig]): string {
  return `${name}: ${ranges([...some, ...certificates])}`
}

function ranges(all: readonly string[]): string {
  return all.length === 0 ? 'none' : cut(all).join(' ')
}

function cut(all: readonly string[]): string[] {
  return all.length <= SHOWN ? [...all] : [...all.slice(0, SHOWN), `and ${all.length - SHOWN} more`]
}
