// What a limit says of a query or an answer, and which limit said it.

export const LimitVerdict = {
  Pass: 0,
  /** An empty answer with TC: whoever really is there comes back over TCP. */
  Truncate: 1,
  Drop: 2,
  Refuse: 3,
} as const
export type LimitVerdict = (typeof LimitVerdict)[keyof typeof LimitVerdict]

/** Whose bucket was empty. */
export const LimitReason = { Client: 0, Listener: 1, Total: 2, Responses: 3 } as const
export type LimitReason = (typeof LimitReason)[keyof typeof LimitReason]
