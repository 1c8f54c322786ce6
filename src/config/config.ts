// The whole configuration: every section, and what comes of it.

import * as z from 'zod'
import { checkAccess } from './access.ts'
import { checkHosts } from './hosts.ts'
import { checkRouting } from './routing.ts'
import { access } from './sections/access.ts'
import { anyQueries } from './sections/any-queries.ts'
import { bootstrap } from './sections/bootstrap.ts'
import { cache } from './sections/cache.ts'
import { cookies } from './sections/cookies.ts'
import { dnssec } from './sections/dnssec.ts'
import { dot } from './sections/dot.ts'
import { listeners } from './sections/listeners.ts'
import { log } from './sections/log.ts'
import { privacy } from './sections/privacy.ts'
import { rateLimit } from './sections/rate-limit.ts'
import { routes } from './sections/routes.ts'
import { selection } from './sections/selection.ts'
import { tcp } from './sections/tcp.ts'
import { timeouts } from './sections/timeouts.ts'
import { udp } from './sections/udp.ts'
import { upstreams } from './sections/upstreams.ts'
import { workers } from './sections/workers.ts'
import { withDefaults } from './values.ts'

export const configSchema = z
  .strictObject({
    workers,
    listeners,
    upstreams,
    bootstrap: withDefaults(bootstrap),
    routes,
    selection: withDefaults(selection),
    timeouts: withDefaults(timeouts),
    dot: withDefaults(dot),
    cache: withDefaults(cache),
    access: withDefaults(access),
    rateLimit: withDefaults(rateLimit),
    cookies: withDefaults(cookies),
    dnssec: withDefaults(dnssec),
    anyQueries,
    privacy: withDefaults(privacy),
    udp: withDefaults(udp),
    tcp: withDefaults(tcp),
    log: withDefaults(log),
  })
  .superRefine(checkRouting)
  .superRefine(checkHosts)
  .superRefine(checkAccess)

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T

/** Complete and checked; frozen all through. Durations are milliseconds, sizes octets. */
export type Config = DeepReadonly<z.output<typeof configSchema>>
export type ListenerConfig = Config['listeners'][number]
export type UpstreamConfig = Config['upstreams'][number]
