import { Fault } from '../problem.ts'
import { choice, file, optional, report, section } from '../values.ts'

/** Current, one to come and one gone by. */
export const MAX_SECRETS = 3

/** Gives it in lower case. What is wrong with one is told without showing it. */
export function readSecret(input: unknown): string | Fault {
  if (typeof input === 'string' && /^[0-9a-f]{32}$/i.test(input)) return input.toLowerCase()
  const remedy = 'give 32 hexadecimal digits, in quotes, as `openssl rand -hex 16` makes them'
  return new Fault('is not a secret', remedy)
}

/** Read as one value, since what is wrong with a list is usually told by showing it. */
const secrets = optional<readonly string[]>({
  about:
    'For servers that share an address, so that each takes the cookies of the others: 32 hexadecimal digits each. The first makes cookies, the others, one to come and one gone by, are good as well (RFC 9018 §5). None: secrets by chance, new ones every day.',
  initial: [],
  shape: {
    type: 'array',
    items: { type: 'string', pattern: '^[0-9A-Fa-f]{32}$' },
    maxItems: MAX_SECRETS,
  },
  read(input) {
    if (!Array.isArray(input)) return new Fault('is not a list', 'write a list, as [a, b]')
    if (input.length > MAX_SECRETS) {
      return new Fault(`has more than ${MAX_SECRETS} secrets`, `give at most ${MAX_SECRETS}`)
    }
    const all: string[] = []
    for (const [i, one] of input.entries()) {
      const secret = readSecret(one)
      if (secret instanceof Fault) return new Fault(`[${i}] ${secret.message}`, secret.remedy)
      all.push(secret)
    }
    return all
  },
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
    secrets,
    secretFile: file(
      'A file of such secrets in their place, one on a line, read again when it changes.',
    ),
  },
).superRefine((given, context) => {
  if (given.secrets.length === 0 || given.secretFile === null) return
  report(context, new Fault('secretFile names them too', 'give one of the two'), ['secrets'])
})
