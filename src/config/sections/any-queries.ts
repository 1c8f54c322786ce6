import { choice } from '../values.ts'

/** Stands by itself: it is about what is asked, over whatever transport. */
export const anyQueries = choice({
  about:
    'Queries for all types at once (ANY). minimal: one small record (RFC 8482), which is of no use to who wants large answers for a forged address; forward: as any other query.',
  initial: 'minimal',
  choices: ['minimal', 'forward'],
})
