// Where each value of a configuration was written.

import { formatPath, type Origin, type Path } from './problem.ts'

interface Place {
  /** Of the value itself. */
  readonly value: Origin
  /** Of the key before it; the value's where there is none. */
  readonly key: Origin
}

export class Origins {
  readonly #places = new Map<string, Place>()
  readonly #document: Origin

  /** @param document where the document as a whole stands */
  constructor(document: Origin) {
    this.#document = document
  }

  set(path: Path, value: Origin, key: Origin = value): void {
    this.#places.set(formatPath(path), { value, key })
  }

  /** Says that everything at and below a path now comes from elsewhere. */
  replace(path: Path, origin: Origin): void {
    const text = formatPath(path)
    for (const known of this.#places.keys()) {
      if (known.startsWith(`${text}.`) || known.startsWith(`${text}[`)) this.#places.delete(known)
    }
    this.set(path, origin)
  }

  /** Of the value at a path or, where it was left out, of what it was left out from. */
  ofValue(path: Path): Origin {
    for (let length = path.length; length > 0; length--) {
      const place = this.#places.get(formatPath(path.slice(0, length)))
      if (place !== undefined) return place.value
    }
    return this.#document
  }

  /** Of the key at a path. */
  ofKey(path: Path): Origin {
    return this.#places.get(formatPath(path))?.key ?? this.ofValue(path)
  }
}
