// Lookups of one tick as one question to an engine, each key once, and no more of them under way than
// can be useful: where an engine hangs, none may pile up.

export interface LookupsOptions {
  /** @returns what is there; keys without a record are left out */
  readonly find: (keys: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>
  /** Keys that are looked for at a time. */
  readonly maxUnderWay: number
}

type Waiting = PromiseWithResolvers<Uint8Array | null>

export class Lookups {
  readonly #options: LookupsOptions
  /** Those of this tick, by key. */
  #gathered = new Map<string, Waiting>()
  #underWay = 0

  constructor(options: LookupsOptions) {
    this.#options = options
  }

  get(key: string): Promise<Uint8Array | null> {
    const joined = this.#gathered.get(key)
    if (joined !== undefined) return joined.promise
    if (this.#underWay >= this.#options.maxUnderWay) {
      return Promise.reject(new Error('too many lookups wait for an answer'))
    }
    if (this.#gathered.size === 0) process.nextTick(() => void this.#find())
    const waiting: Waiting = Promise.withResolvers()
    this.#gathered.set(key, waiting)
    this.#underWay++
    return waiting.promise
  }

  async #find(): Promise<void> {
    const gathered = this.#gathered
    this.#gathered = new Map()
    try {
      const found = await this.#options.find([...gathered.keys()])
      for (const [key, { resolve }] of gathered) resolve(found.get(key) ?? null)
    } catch (error) {
      for (const { reject } of gathered.values()) reject(error)
    }
    this.#underWay -= gathered.size
  }
}
