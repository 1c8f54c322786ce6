import * as z from 'zod'
import { domain } from '../domain-setting.ts'
import { Fault, show } from '../problem.ts'
import { choice, file, flag, list, report, required, section } from '../values.ts'

/** Exceptions that somebody looks after; each is mended or told to its zone within days. */
const MAX_NEGATIVE = 1_000

/** As a date, at whose start it ends, or to the second with the offset from UTC. */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/

/** Date.parse takes 31 February for 3 March. */
function timeOf(text: string): number | null {
  const day = new Date(text.slice(0, 'YYYY-MM-DD'.length))
  const time = Date.parse(text)
  return Number.isNaN(time) || !text.startsWith(day.toISOString().slice(0, 10)) ? null : time
}

const until = required<number>({
  about:
    'When it ends (RFC 7646 §2): 2026-12-01 is the start of that day in UTC, 2026-12-01T18:30:00Z to the second. A day is usual, a week the most that is advised.',
  shape: { type: 'string', pattern: TIME.source },
  read(input) {
    const time = typeof input === 'string' && TIME.test(input) ? timeOf(input) : null
    return time === null
      ? new Fault(`${show(input)} is not a time`, 'write it as 2026-12-01 or 2026-12-01T18:30:00Z')
      : time
  },
})

const negativeTrustAnchor = section('A domain whose signatures are wrong, and until when.', {
  domain,
  until,
})

type NegativeTrustAnchor = z.output<typeof negativeTrustAnchor>

/** Whoever writes the domain alone is told what is missing, and the alternative. */
const negative: z.ZodType<NegativeTrustAnchor> = z.preprocess((input, context) => {
  if (typeof input !== 'string') return input
  const fault = new Fault(
    `${show(input)} has no end`,
    'write { domain: NAME, until: 2026-12-01 }, or for a private zone set dnssec: insecure in its route',
  )
  report(context, fault)
  return z.NEVER
}, negativeTrustAnchor)

export const dnssec = section(
  'Whether answers are what the owners of their names signed (RFC 4033 to 4035).',
  {
    mode: choice({
      about:
        'validate: signatures are checked here, and an answer that should be signed and is not rightly becomes SERVFAIL. passthrough: clients get what upstreams say of it. off: nobody is asked for signatures.',
      initial: 'validate',
      choices: ['validate', 'passthrough', 'off'],
    }),
    trustAnchors: file(
      'A file of DS or DNSKEY records, read again when it changes: of private roots and of zones below unsigned ones. Those of the root are built in unless the file has some.',
    ),
    followRollOvers: flag({
      about:
        'Whether the keys of zones with trust anchors are watched, so that new ones are trusted after 30 days and revoked ones no longer (RFC 5011).',
      initial: true,
    }),
    anchorState: file(
      'Where is written what was learnt of such keys; its folder must be writable. Without it a restart forgets that.',
    ),
    negativeTrustAnchors: list<NegativeTrustAnchor>({
      about: `Domains that count as unsigned with all names below, for a time: their owners made a mistake that somebody has looked at (RFC 7646). At most ${MAX_NEGATIVE}.`,
      initial: [],
      min: 0,
      max: MAX_NEGATIVE,
      of: negative,
    }).superRefine((all, context) => {
      for (const [i, { domain: name }] of all.entries()) {
        const twin = all.findIndex((one) => one.domain === name)
        if (twin === i) continue
        const fault = new Fault(`is that of negativeTrustAnchors[${twin}]`, 'leave one out')
        report(context, fault, [i, 'domain'])
      }
    }),
    aggressive: flag({
      about:
        'Whether what zones prove not to be there, and what stands at their wildcards, answers questions for other names that it is true of, without asking (RFC 8198). It costs hits nothing and misses a microsecond.',
      initial: true,
    }),
    acceptSha1: flag({
      about:
        'Whether SHA-1 proves anything, in signatures (RSASHA1, RSASHA1-NSEC3-SHA1) and in digests of delegations. RFC 9905 has zones without other signatures count as unsigned.',
      initial: false,
    }),
  },
)
