// Lets the world stand until it is interrupted, and says how to ask in it:
//
//     node test/dnssec/world/standing.ts

import { TLS_NAME } from '../../support/dot-upstreams/dot-upstream.ts'
import { startWorld } from './world.ts'

const startedAt = performance.now()
await using world = await startWorld()
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
const { recursor, ca, anchorsPath } = world
process.stdout.write(`${world.zones.length} zones, made in ${seconds} s
resolver, plain: 127.0.0.1 port ${recursor.plainPort}
resolver, TLS:   127.0.0.1 port ${recursor.port}, named ${TLS_NAME}, by ${ca.caPath}
trust anchors:   ${anchorsPath}
`)
// A pending promise alone keeps no process alive.
const alive = setInterval(() => {}, 60_000)
const interrupted = Promise.withResolvers<void>()
process.once('SIGINT', () => interrupted.resolve())
process.once('SIGTERM', () => interrupted.resolve())
await interrupted.promise
clearInterval(alive)
