import * as z from 'zod'
import { readRange } from '../address.ts'
import { readCertificateName } from '../certificate-name.ts'
import { Fault, show } from '../problem.ts'
import { choice, list, report, required, section } from '../values.ts'

/** Loopback, private (RFC 1918, RFC 4193) and link-local (RFC 3927, RFC 4291 §2.5.6) addresses. */
const LOCAL_RANGES = [
  '127.0.0.0/8',
  '::1/128',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]

/** As many as a configuration is read within a few seconds; files hold more. */
const MAX_RANGES = 100_000

/** Each is a name in logs and counters. */
const MAX_GROUPS = 256

const MAX_CERTIFICATES = 10_000

const GROUP_NAME = /^[A-Za-z0-9][\w-]{0,62}$/

const ENTRY = {
  about:
    'Addresses, as 192.0.2.0/24 or 2001:db8::/32, or one address; file:PATH for those in a file.',
  shape: { type: 'string' },
} as const

const range = required<string>({
  ...ENTRY,
  read: (input) =>
    isGroup(input)
      ? new Fault('a group holds no other groups', 'name its ranges')
      : (readFileEntry(input) ?? readRange(input)),
})

/** Ranges, `@` and the name of a group, or `file:` and the path of a file of ranges. */
export const accessEntry = required<string>({
  ...ENTRY,
  about: `${ENTRY.about.slice(0, -1)}; @NAME for a group.`,
  read: (input) => (isGroup(input) ? input : (readFileEntry(input) ?? readRange(input))),
})

const certificate = required<string>({
  about:
    'A name in a certificate: CN=printer, DNS:sidecar.example.org, URI:spiffe://example.org/db, IP:192.0.2.1, email:ops@example.org; DNS: and URI: may be left out.',
  shape: { type: 'string' },
  read: readCertificateName,
})

const group = section('Some clients.', {
  ranges: list<string>({
    about: `Ranges whose clients belong to it, at most ${MAX_RANGES}.`,
    initial: [],
    min: 0,
    max: MAX_RANGES,
    of: range,
  }),
  certificates: list<string>({
    about: `Names in TLS certificates, one of which makes a client belong to it, wherever it asks from; at most ${MAX_CERTIFICATES}.`,
    initial: [],
    min: 0,
    max: MAX_CERTIFICATES,
    of: certificate,
  }),
}).superRefine(({ ranges, certificates }, context) => {
  if (ranges.length + certificates.length > 0) return
  report(context, new Fault('nobody is in this group', 'give it ranges or certificates'))
})

const groups = z
  .record(z.string(), group)
  .prefault({})
  .superRefine((all, context) => {
    for (const name of Object.keys(all)) {
      if (GROUP_NAME.test(name)) continue
      const fault = `${show(name)} is not the name of a group`
      report(context, new Fault(fault, 'use letters, digits, "_" and "-"'), [name])
    }
    const count = Object.keys(all).length
    if (count <= MAX_GROUPS) return
    report(context, new Fault(`there are ${count} groups`, `keep to ${MAX_GROUPS}`))
  })
  .meta({
    description: `Clients that belong together, by a name for them; at most ${MAX_GROUPS} groups.`,
  })

const ON_DENY = {
  about:
    'What a stranger gets over UDP. drop: nothing, which is no help to who forges addresses; refuse: REFUSED. A connection is closed at once either way, or, where a certificate was shown, gets REFUSED.',
  choices: ['drop', 'refuse'],
} as const
type OnDeny = (typeof ON_DENY.choices)[number]

export const access = section('Who may ask. The longest range that holds the client decides.', {
  allow: list<string>({
    about: `Ranges and groups that may ask, at most ${MAX_RANGES}. By default the machine itself and private networks: an open resolver is a weapon against others (RFC 5358).`,
    initial: LOCAL_RANGES,
    min: 0,
    max: MAX_RANGES,
    of: accessEntry,
  }),
  deny: list<string>({
    about: `Ranges and groups that may not, at most ${MAX_RANGES}. Whoever is in no range may not either.`,
    initial: [],
    min: 0,
    max: MAX_RANGES,
    of: accessEntry,
  }),
  onDeny: choice({ ...ON_DENY, initial: 'drop' }),
  groups,
})

/** A listener's own; what it leaves out is that of `access`. */
export const listenerAccess = section(
  'Who may ask here. What is left out is taken from access, with its groups.',
  {
    allow: entries('Ranges and groups that may ask here, in place of access.allow'),
    deny: entries('Ranges and groups that may not ask here, in place of access.deny'),
    onDeny: required<OnDeny>({
      about: 'What a stranger gets here, in place of access.onDeny.',
      shape: { enum: ON_DENY.choices },
      read: (input) =>
        ON_DENY.choices.find((one) => one === input) ??
        new Fault(`${show(input)} is not known to this version`, 'give drop or refuse'),
    }).optional(),
  },
)

function entries(about: string) {
  return z
    .array(accessEntry)
    .max(MAX_RANGES)
    .optional()
    .meta({ description: `${about}; at most ${MAX_RANGES}.` })
}

function isGroup(input: unknown): input is string {
  return typeof input === 'string' && input.startsWith('@')
}

const FILE = 'file:'

/** @returns null when the text is no `file:` entry */
function readFileEntry(input: unknown): string | Fault | null {
  if (typeof input !== 'string' || !input.startsWith(FILE)) return null
  const path = input.slice(FILE.length)
  return path !== '' && !path.includes('\0')
    ? input
    : new Fault(`${show(input)} names no file`, 'write file:PATH')
}
