// A load for two proxies, in turn: of four questions that one of them gets, two are for names never
// asked before, one is for a name that it was asked itself a moment ago, and one is for a name that
// the other was asked then, which only the store can spare it.

/** Questions between the first time that a name is asked and the next: 0.2 s at 2,000 a second. */
const DISTANCE = 404

/** By question, the number of its name: that of the first question for it. */
export function mixedNames(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => {
    const turn = (i >> 1) % 4
    if (turn < 2 || i < DISTANCE) return i
    return turn === 2 ? i - DISTANCE : (i ^ 1) - DISTANCE
  })
}
