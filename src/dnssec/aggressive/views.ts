// Which names are asked for of the same upstreams, and trusted by the same anchors: what is proven on one
// side of a border says nothing of names on the other.

import { type Name, parentOf, ROOT } from '../name.ts'

export class Views {
  readonly #borders: ReadonlySet<Name>

  /** @param borders domains that others are asked for, or that have trust anchors of their own */
  constructor(borders: readonly Name[]) {
    this.#borders = new Set(borders)
  }

  areOne(name: Name, zone: Name): boolean {
    return this.#borders.size === 0 || this.#borderOf(name) === this.#borderOf(zone)
  }

  /** The closest border at or above a name; null when there is none. */
  #borderOf(name: Name): Name | null {
    for (let at = name; ; at = parentOf(at)) {
      if (this.#borders.has(at)) return at
      if (at === ROOT) return null
    }
  }
}
