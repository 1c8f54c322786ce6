// dotward and its peers, all before the same resolver.

import { upstreamConfig } from '../../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../../support/dotward.ts'
import {
  startKnotResolver,
  startUnboundValidator,
  type Validating,
} from '../world/servers/peers.ts'
import type { World } from '../world/world.ts'

/** @param aggressive whether it may answer by what was proven of other names (RFC 8198) */
export async function startDotward(world: World, aggressive = false): Promise<Validating> {
  const proxy = await Dotward.start({
    upstreams: [upstreamConfig({ name: 'world', port: world.recursor.port }, world.ca)],
    // As the peers do it.
    dnssec: { mode: 'validate', trustAnchors: world.anchorsPath, acceptSha1: true, aggressive },
  })
  return {
    name: 'dotward',
    port: proxy.port,
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  }
}

/** dotward first, then those that it is held against. */
export async function startValidators(
  world: World,
  aggressive = false,
): Promise<AsyncDisposable & { readonly all: readonly Validating[] }> {
  await using started = new AsyncDisposableStack()
  const all = [
    started.use(await startDotward(world, aggressive)),
    started.use(await startUnboundValidator(world)),
    started.use(await startKnotResolver(world)),
  ]
  const running = started.move()
  return { all, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
