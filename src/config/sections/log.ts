import { choice, section } from '../values.ts'

export const log = section('What the program tells of itself, on standard error.', {
  level: choice({
    about: 'The least that is worth a line: debug, info, warn or error.',
    initial: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
  }),
})
