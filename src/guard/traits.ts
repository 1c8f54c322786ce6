// What is known of a client, in one number: bits, and the number of its group from bit 8 on.

export const Trait = {
  /** It may ask. */
  Allowed: 1,
  /** Limits on how much it may ask are not for it. */
  Exempt: 2,
} as const

export const GROUP_SHIFT = 8

/** Groups at most: what a table of them may hold before it is too large to keep at hand. */
export const MAX_GROUPS = 65_535

/** The number of a client's group, from 1; 0 when it is in none. */
export function groupOf(traits: number): number {
  return traits >>> GROUP_SHIFT
}
