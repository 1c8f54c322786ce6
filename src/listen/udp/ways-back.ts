// The ways back to clients that wait for their answers, counted, so that a socket can stay open for
// them.

export class WaysBack {
  #count = 0
  #onNone: (() => void) | null = null

  taken(): void {
    this.#count++
  }

  given(): void {
    if (--this.#count === 0) this.#onNone?.()
  }

  /** Resolves when no client waits any more, or after `within` milliseconds. */
  async none(within: number): Promise<void> {
    if (this.#count === 0 || within <= 0) return
    let patience: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#onNone = resolve
      patience = setTimeout(resolve, within)
    })
    clearTimeout(patience)
    this.#onNone = null
  }
}
