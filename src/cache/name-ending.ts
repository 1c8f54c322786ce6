/**
 * Whether a name ends in another one, on the border of a label: whether it is that name or lies below.
 * Octets that are no name at all give some answer, and no fault.
 * @param at where in `bytes` it starts, uncompressed, `length` octets long
 * @param ending lower-cased, as the name is
 */
export function endsWithName(
  bytes: Uint8Array,
  at: number,
  length: number,
  ending: Uint8Array,
): boolean {
  const offset = length - ending.length
  if (offset < 0) return false
  let label = 0
  while (label < offset) label += bytes[at + label]! + 1
  if (label !== offset) return false
  for (let i = 0; i < ending.length; i++) if (bytes[at + offset + i] !== ending[i]) return false
  return true
}
