// What an attempt to prove something comes to, before it is told to people.

/** Each with the reason, which follows a name: "… A: no NSEC covers *.example.". */
export type Outcome =
  | { readonly kind: 'proven' }
  | { readonly kind: 'opt-out' }
  | { readonly kind: 'unproven'; readonly reason: string }

/** The same about a zone cut. */
export type CutOutcome =
  | { readonly kind: 'no-cut' }
  | { readonly kind: 'no-name' }
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'opt-out' }
  | { readonly kind: 'unproven'; readonly reason: string }

export const PROVEN = { kind: 'proven' } as const
export const OPT_OUT = { kind: 'opt-out' } as const
export const NO_CUT = { kind: 'no-cut' } as const
export const NO_NAME = { kind: 'no-name' } as const
export const UNSIGNED = { kind: 'unsigned' } as const

export function unproven(reason: string): { readonly kind: 'unproven'; readonly reason: string } {
  return { kind: 'unproven', reason }
}
