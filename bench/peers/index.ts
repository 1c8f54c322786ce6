// Every system that the benchmark knows, in the order in which a round goes through them.

import { join } from 'node:path'

import type { System } from '../lab/system.ts'
import { dnsdist, dnsdistTuned } from './dnsdist.ts'
import { dotward } from './dotward.ts'
import { echo } from './echo.ts'
import { blocky, coredns, dnsproxy, routedns } from './go.ts'
import { knotResolver, knotResolverTuned } from './knot-resolver.ts'
import { smartdns } from './smartdns.ts'
import { stubby } from './stubby.ts'
import { unbound } from './unbound.ts'

export const systems: readonly System[] = [
  echo,
  dotward({ root: join(import.meta.dirname, '..', '..') }),
  unbound,
  dnsdist,
  dnsdistTuned,
  knotResolver,
  knotResolverTuned,
  smartdns,
  stubby,
  dnsproxy,
  coredns,
  blocky,
  routedns,
]
