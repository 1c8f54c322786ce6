// Clients in the shared memory of connections, found by their prefix. All who call hold the lock.

import { Client, CLIENT_WORDS, type ConnectionWords, Control, NONE } from './memory.ts'

export class ClientIndex {
  readonly #words: ConnectionWords
  readonly #key = new Int32Array(4)
  #family = 0

  constructor(words: ConnectionWords) {
    this.#words = words
  }

  /**
   * The client that an address belongs to, as a place; one is given to whoever is new, that of
   * somebody long gone.
   * @param address 4 or 16 octets
   */
  place(address: Uint8Array): number {
    this.#take(address)
    const head = this.#headOf(this.#key, 0)
    const { heads, clients, control } = this.#words
    for (let at = heads[head]! - 1; at !== NONE; at = clients[at * CLIENT_WORDS + Client.Next]! - 1)
      if (this.#is(at)) return at
    // There are more places than connections, so somebody is without one.
    const at = control[Control.Oldest]!
    this.#forget(at)
    const word = at * CLIENT_WORDS
    clients.set(this.#key, word)
    this.#words.times.fill(0, 1 + 2 * at, 3 + 2 * at)
    clients[word + Client.Next] = heads[head]!
    clients[word + Client.Family] = this.#family
    heads[head] = at + 1
    this.#unlink(at)
    this.#append(at)
    return at
  }

  countOf(at: number): number {
    return this.#words.clients[at * CLIENT_WORDS + Client.Count]!
  }

  /** One more connection. */
  add(at: number): void {
    if (this.#words.clients[at * CLIENT_WORDS + Client.Count]!++ === 0) this.#unlink(at)
  }

  /** One less. */
  drop(at: number): void {
    if (--this.#words.clients[at * CLIENT_WORDS + Client.Count]! === 0) this.#append(at)
  }

  /** Makes everything anew from the seats that are taken, whatever state a dead thread left. */
  rebuild(clientsOfSeats: Iterable<number>): void {
    const { control, clients, heads } = this.#words
    const count = control[Control.Clients]!
    heads.fill(0)
    for (let at = 0; at < count; at++) clients[at * CLIENT_WORDS + Client.Count] = 0
    for (const at of clientsOfSeats) clients[at * CLIENT_WORDS + Client.Count]! += 1
    control[Control.Oldest] = NONE
    control[Control.Newest] = NONE
    for (let at = 0; at < count; at++) {
      const word = at * CLIENT_WORDS
      if (clients[word + Client.Count] === 0) {
        clients[word + Client.Family] = 0
        this.#append(at)
      } else {
        const head = this.#headOf(clients, word)
        clients[word + Client.Next] = heads[head]!
        heads[head] = at + 1
      }
    }
  }

  /** Reads the prefix of an address into `#key`. */
  #take(address: Uint8Array): void {
    const { control } = this.#words
    const key = this.#key
    const four = address.length === 4
    this.#family = four ? 4 : 6
    let bits = control[four ? Control.Ipv4Prefix : Control.Ipv6Prefix]!
    for (let word = 0; word < 4; word++, bits -= 32) {
      let value = 0
      if (4 * word < address.length) {
        for (let i = 4 * word; i < 4 * word + 4; i++) value = (value << 8) | address[i]!
      }
      key[word] = bits >= 32 ? value : bits <= 0 ? 0 : value & (-1 << (32 - bits))
    }
  }

  #is(at: number): boolean {
    const { clients } = this.#words
    const key = this.#key
    const word = at * CLIENT_WORDS
    return (
      clients[word] === key[0] &&
      clients[word + 1] === key[1] &&
      clients[word + 2] === key[2] &&
      clients[word + 3] === key[3] &&
      clients[word + Client.Family] === this.#family
    )
  }

  #headOf(key: Int32Array, from: number): number {
    const { control, heads } = this.#words
    let hash = control[Control.Secret]!
    for (let i = from; i < from + 4; i++) {
      hash = Math.imul(hash ^ key[i]!, 0x85eb_ca6b)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0xc2b2_ae35)
    return (hash ^ (hash >>> 16)) & (heads.length - 1)
  }

  /** Takes who is without a connection out of its chain. */
  #forget(at: number): void {
    const { clients, heads } = this.#words
    const word = at * CLIENT_WORDS
    if (clients[word + Client.Family] === 0) return
    clients[word + Client.Family] = 0
    const head = this.#headOf(clients, word)
    const next = clients[word + Client.Next]!
    if (heads[head] === at + 1) {
      heads[head] = next
      return
    }
    let before = heads[head]! - 1
    while (clients[before * CLIENT_WORDS + Client.Next] !== at + 1) {
      before = clients[before * CLIENT_WORDS + Client.Next]! - 1
    }
    clients[before * CLIENT_WORDS + Client.Next] = next
  }

  /** Takes a client out of the list of those without connections. */
  #unlink(at: number): void {
    const { control, clients } = this.#words
    const word = at * CLIENT_WORDS
    const older = clients[word + Client.Older]!
    const newer = clients[word + Client.Newer]!
    if (older === NONE) control[Control.Oldest] = newer
    else clients[older * CLIENT_WORDS + Client.Newer] = newer
    if (newer === NONE) control[Control.Newest] = older
    else clients[newer * CLIENT_WORDS + Client.Older] = older
  }

  #append(at: number): void {
    const { control, clients } = this.#words
    const newest = control[Control.Newest]!
    clients[at * CLIENT_WORDS + Client.Older] = newest
    clients[at * CLIENT_WORDS + Client.Newer] = NONE
    if (newest === NONE) control[Control.Oldest] = at
    else clients[newest * CLIENT_WORDS + Client.Newer] = at
    control[Control.Newest] = at
  }
}
