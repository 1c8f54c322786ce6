import { Fault } from '../problem.ts'
import { choice, file, list, report, required, section } from '../values.ts'

/** Current, one to come and one gone by. */
export const MAX_SECRETS = 3

/** Gives it in lower case. What is wrong with one is told without showing it. */
export function readSecret(input: unknown): string | Fault {
  if (typeof input === 'string' && /^[0-9a-f]{32}$/i.test(input)) return input.toLowerCase()
  const remedy = 'give 32 hexadecimal digits, in quotes, as `openssl rand -hex 16` makes them'
  return new Fault('is not a secret', remedy)
}

const secret = required<string>({
  about: 'A secret: 32 hexadecimal digits.',
  shape: { type: 'string', pattern: '^[0-9A-Fa-f]{32}$' },
  read: readSecret,
})

export const cookies = section(
  'DNS cookies (RFC 7873, RFC 9018): a client over UDP that shows the cookie which we gave it is not a forged one.',
  {
    mode: choice({
      about:
        'off: cookies are ignored. answer: clients that send one get ours, and who shows it is spared what is meant for forgers. require: over UDP who sends a cookie is answered BADCOOKIE until it is ours.',
      initial: 'answer',
      choices: ['off', 'answer', 'require'],
    }),
    onMissing: choice({
      about:
        'Where cookies are required, what a query over UDP without any gets. truncate: TC, so that it comes again over TCP; refuse: REFUSED; answer: an answer, as RFC 7873 §5.2.1 has it.',
      initial: 'truncate',
      choices: ['truncate', 'refuse', 'answer'],
    }),
    secrets: list<string>({
      about:
        'For servers that share an address, so that each takes the cookies of the others: the first makes cookies, the others, one to come and one gone by, are good as well (RFC 9018 §5). None: secrets by chance, new ones every day.',
      initial: [],
      min: 0,
      max: MAX_SECRETS,
      of: secret,
    }),
    secretFile: file(
      'A file of such secrets in their place, one on a line, read again when it changes.',
    ),
  },
).superRefine(({ secrets, secretFile }, context) => {
  if (secrets.length === 0 || secretFile === null) return
  report(context, new Fault('secretFile names them too', 'give one of the two'), ['secrets'])
})
