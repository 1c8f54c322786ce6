// Values of command lines. All throw an Error that is fit to be shown.

export function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`${option}: "${text}" is no whole number from ${least} up`)
  }
  return value
}

/** The items whose ids stand in a list, in its order; all without a list. */
export function chosen<Item extends { readonly id: string }>(
  option: string,
  text: string | undefined,
  items: readonly Item[],
): Item[] {
  if (text === undefined) return [...items]
  return text.split(',').map((id) => {
    const item = items.find((candidate) => candidate.id === id)
    if (item === undefined) throw new Error(`${option}: there is no "${id}"`)
    return item
  })
}
