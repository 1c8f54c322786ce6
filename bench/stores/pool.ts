// The store that a fault happens to, and how proxies are told where it is.

import { Scripted } from '../faults/scripted.ts'
import { Shape } from './catalogue.ts'
import { Liar } from './liar.ts'
import { type Place, RedisCluster, RedisServer, SentinelSet, SET_NAME } from './redis.ts'

const SECRET = 'for the bench and nobody else'

export class Pool implements AsyncDisposable {
  /** Of `cache.store`, as in a YAML flow mapping. */
  readonly settings: string
  readonly #parts: Parts
  readonly #running: AsyncDisposableStack

  private constructor(settings: string, parts: Parts, running: AsyncDisposableStack) {
    this.settings = `kind: redis, secret: "${SECRET}", ${settings}`
    this.#parts = parts
    this.#running = running
  }

  static async open(shape: Shape, place: Place): Promise<Pool> {
    await using opening = new AsyncDisposableStack()
    const { settings, parts } = await openers[shape](place, opening)
    return new Pool(settings, parts, opening.move())
  }

  get redis(): RedisServer {
    return demand(this.#parts.redis)
  }

  get relay(): Scripted {
    return demand(this.#parts.relay)
  }

  get liar(): Liar {
    return demand(this.#parts.liar)
  }

  get cluster(): RedisCluster {
    return demand(this.#parts.cluster)
  }

  get sentinels(): SentinelSet {
    return demand(this.#parts.sentinels)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.disposeAsync()
  }
}

interface Parts {
  readonly redis?: RedisServer
  readonly relay?: Scripted
  readonly liar?: Liar
  readonly cluster?: RedisCluster
  readonly sentinels?: SentinelSet
}

interface Opened {
  readonly settings: string
  readonly parts: Parts
}

type Opener = (place: Place, opening: AsyncDisposableStack) => Promise<Opened>

const openers: Readonly<Record<Shape, Opener>> = {
  async [Shape.Single](place, opening) {
    const redis = opening.use(await RedisServer.start(place))
    return { settings: urlOf([redis]), parts: { redis } }
  },
  async [Shape.Relayed](place, opening) {
    const redis = opening.use(await RedisServer.start(place))
    const relay = opening.use(await Scripted.start({ relayTo: redis.port }, place.core))
    return { settings: urlOf([relay]), parts: { redis, relay } }
  },
  async [Shape.Lying](place, opening) {
    const redis = opening.use(await RedisServer.start(place))
    const liar = opening.use(await Liar.start(redis.port, place.core))
    return { settings: urlOf([liar]), parts: { redis, liar } }
  },
  async [Shape.Cluster](place, opening) {
    const cluster = opening.use(await RedisCluster.start(place))
    return { settings: `${urlOf(cluster.servers)}, mode: cluster`, parts: { cluster } }
  },
  async [Shape.Sentinel](place, opening) {
    const sentinels = opening.use(await SentinelSet.start(place))
    const settings = `${urlOf(sentinels.sentinels)}, mode: sentinel, masterName: ${SET_NAME}`
    return { settings, parts: { sentinels } }
  },
}

function urlOf(servers: readonly { readonly port: number }[]): string {
  return `url: "redis://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}"`
}

function demand<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('the store of this fault has no such part')
  return part
}
