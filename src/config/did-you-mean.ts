// Which of the names there are somebody may have meant.

/** Folds what people mix up: case, `_` and `-`. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

/** Whether two names differ by no more than case, `_` and `-`. */
export function sameName(a: string, b: string): boolean {
  return fold(a) === fold(b)
}

/** The nearest name, if one is near enough to be a slip of the finger. */
export function didYouMean(name: string, names: readonly string[]): string | null {
  const folded = fold(name).slice(0, 64)
  let best: string | null = null
  let least = Math.max(1, Math.floor(folded.length / 3)) + 1
  for (const candidate of names) {
    const slips = distance(folded, fold(candidate))
    if (slips < least) [best, least] = [candidate, slips]
  }
  return best
}

/** Letters to add, drop, change or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min(changed, row[j]! + 1, next[j - 1]! + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) best = Math.min(best, before[j - 2]! + 1)
      next.push(best)
    }
    before = row
    row = next
  }
  return row[b.length]!
}
