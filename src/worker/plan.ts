// What a data plane is made from: the configuration as threads pass it to each other. Everything in
// it can be cloned.

import type { TtlBounds } from '../cache/pack.ts'
import type { DiskFileOptions } from '../cache/stores/disk-file.ts'
import type { MongoStoreOptions } from '../cache/stores/mongodb.ts'
import type { RedisStoreOptions } from '../cache/stores/redis.ts'
import type { NegativeAnchor, ZoneAnchors } from '../dnssec/anchors/trust-anchors.ts'
import type { ConnectionLimits } from '../guard/connections/ledger.ts'
import type { ConnectionMemoryOptions } from '../guard/connections/memory.ts'
import type { CertificateRule } from '../guard/certificate-rules.ts'
import type { LimitVerdict } from '../guard/limit-verdict.ts'
import type { QueryLimiterOptions } from '../guard/rate-limit.ts'
import type { ResponseLimiterOptions } from '../guard/response-limit.ts'
import type { DnssecMode } from '../pipeline/dnssec-mode.ts'
import type { Designation } from '../pipeline/discovery.ts'
import type { TicketSecret, TlsOptions } from '../listen/tls/options.ts'
import type { IdleTimes } from '../listen/stream/idle-time.ts'
import type { StreamLimits } from '../listen/stream/limits.ts'
import type { BootstrapServer } from '../upstream/bootstrap/bootstrap.ts'
import type { SubnetLimits } from '../wire/client-subnet.ts'
import type { StaleOptions } from '../pipeline/stale.ts'
import type { HedgingOptions } from '../upstream/selection/hedging.ts'
import type { UpstreamLimits, UpstreamOptions } from '../upstream/options.ts'
import type { PlainUpstream } from '../upstream/plain/plain-pool.ts'
import type { SelectionOptions } from '../upstream/selection/options.ts'

/** An address, port and protocol, with what holds for those who come through it. */
export interface ListenerPlan {
  readonly address: string
  /** Never 0: all workers share it. */
  readonly port: number
  /** Keeps `::` from taking IPv4 as well. */
  readonly v6Only: boolean
  readonly protocol: 'udp' | 'tcp' | 'tls' | 'https'
  /** The place of what it comes from in the configuration: its protocols share a limit. */
  readonly number: number
  /** A compiled AccessList of the proxies that alone are served, each telling for whom it asks. */
  readonly proxies: SharedArrayBuffer | null
  /** Of tls and https alone. */
  readonly tls: ListenerTlsPlan | null
  /** Of https alone: the path at which DNS is served. */
  readonly path: string | null
  readonly access: AccessPlan
}

export interface ListenerTlsPlan {
  readonly options: TlsOptions
  /** Milliseconds. */
  readonly handshakeTimeout: number
}

/** Who may ask. */
export interface AccessPlan {
  /** A compiled AccessList. */
  readonly memory: SharedArrayBuffer
  readonly certificates: readonly CertificateRule[]
  readonly refuseStrangers: boolean
}

/** How much may be asked, and answered; null for what is not limited. */
export interface LimitsPlan {
  readonly queries: Omit<QueryLimiterOptions, 'listener'> | null
  readonly responses: ResponseLimiterOptions | null
}

/** DNS cookies (RFC 7873). */
export interface CookiesPlan {
  /** Of a CookieSecrets. */
  readonly secrets: SharedArrayBuffer
  /** Whether they rotate, since nobody gave them. */
  readonly areRandom: boolean
  /** See `CookieStageOptions`. */
  readonly required: boolean
  readonly onMissing: LimitVerdict
}

/** What becomes of signatures. */
export interface DnssecPlan {
  readonly mode: DnssecMode
  /** One for each zone: those given or built in, with what was learnt since (RFC 5011). */
  readonly anchors: readonly ZoneAnchors[]
  readonly negative: readonly NegativeAnchor[]
  readonly acceptSha1: boolean
  /** Whether denials answer questions that they were not made for (RFC 8198). */
  readonly aggressive: boolean
}

/** What upstreams are told of the networks of clients (RFC 7871). */
export interface SubnetPlan {
  /** How much of what clients tell of theirs; null for nothing. */
  readonly passed: SubnetLimits | null
  /** What is told with every question in its place, as the option's data; null for nothing. */
  readonly sent: Uint8Array | null
}

/** What makes two listeners the same over a reload, whatever else is new about them. */
export function doorOf({ protocol, address, port }: ListenerPlan): string {
  return `${protocol} ${address} ${port}`
}

export type UpstreamPlan =
  | { readonly protocol: 'dot'; readonly upstream: UpstreamOptions }
  | { readonly protocol: 'plain'; readonly upstream: PlainUpstream }

export interface GroupPlan {
  /** The names it is asked for, with all below them; none for the default group. */
  readonly domains: readonly string[]
  readonly members: readonly MemberPlan[]
}

interface MemberPlan {
  /** An index into the plan's upstreams. */
  readonly upstream: number
  readonly weight: number
}

/** Who is asked for what, and how. */
export interface ForwardingPlan {
  readonly upstreams: readonly UpstreamPlan[]
  /** Who resolves the host names of upstreams. */
  readonly bootstrap: readonly BootstrapServer[]
  readonly limits: UpstreamLimits
  readonly selection: SelectionOptions
  readonly hedging: HedgingOptions
  /** For names that no route takes. */
  readonly fallback: GroupPlan
  readonly routes: readonly GroupPlan[]
}

/** Connections of clients. */
export interface ConnectionPlan {
  /** Where all workers count them together, and what the memory was made for. */
  readonly memory: SharedArrayBuffer
  readonly madeFor: ConnectionMemoryOptions
  readonly connections: ConnectionLimits
  /** Of each connection. */
  readonly limits: StreamLimits
  readonly idleTimes: IdleTimes
  /** Octets that the connections of one worker may hold. */
  readonly maxHeld: number
}

/** A store on disk, and where to find the thread that has it open. */
interface DiskPlan extends DiskFileOptions {
  readonly thread: SharedArrayBuffer
}

/** The store that this worker shares with those of other proxies. */
export interface StorePlan {
  readonly engine:
    | {
        readonly kind: 'redis'
        readonly options: Omit<RedisStoreOptions, 'onLost' | 'onConnected'>
      }
    | {
        readonly kind: 'mongodb'
        readonly options: Omit<MongoStoreOptions, 'onLost' | 'onConnected' | 'onNotice'>
      }
    | { readonly kind: 'disk'; readonly options: DiskPlan }
  readonly secret: Uint8Array
  readonly sealed: boolean
  /** Milliseconds that a lookup may take. */
  readonly deadline: number
  /** Milliseconds that an answer is kept at the most. */
  readonly maxLifetime: number
}

export interface DataPlan {
  readonly listeners: readonly ListenerPlan[]
  readonly limits: LimitsPlan
  /** Null where cookies are off. */
  readonly cookies: CookiesPlan | null
  readonly minimalAny: boolean
  readonly subnets: SubnetPlan
  readonly dnssec: DnssecPlan
  /** What clients are told of our encrypted doors (RFC 9462). */
  readonly designations: readonly Designation[]
  readonly forwarding: ForwardingPlan
  /** What is known of forwarding loops: memory for each member of each group, in their order. */
  readonly loops: SharedArrayBuffer
  /** Which upstreams strip signatures: memory for each, in their order. */
  readonly stripping: SharedArrayBuffer
  /** Names of upstreams by their slot in the counters, which they keep over reloads. */
  readonly upstreamNames: readonly string[]
  readonly bounds: TtlBounds
  readonly stale: StaleOptions | null
  /** Null when nothing is shared. */
  readonly store: StorePlan | null
  /** Answers that a worker renews at a time at the most. */
  readonly maxRenewals: number
  /** What keys of session tickets come from. */
  readonly tickets: TicketSecret
  readonly udp: {
    readonly maxAnswerSize: number
    /** For clients without a good cookie. */
    readonly maxUnverifiedAnswer: number
    readonly receiveBuffer: number
  }
  readonly tcp: ConnectionPlan
  /** Milliseconds that a client waits for an answer at the most. */
  readonly queryTimeout: number
  /** Whether clients are told which upstream failed, and how. */
  readonly explain: boolean
}
