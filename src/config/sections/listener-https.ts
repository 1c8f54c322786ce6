import { canonicalDomain } from '../domain.ts'
import { Fault, show } from '../problem.ts'
import { optional, required, section } from '../values.ts'

/** As most servers have it. */
export const DEFAULT_DOH_PATH = '/dns-query'

/** Octets of the longest path: a client sends it with every query. */
const MAX_PATH = 128

/** Characters that no URI escapes, in segments that none leaves out or resolves (RFC 3986 §2.3, §3.3). */
const PATH = /^\/([\w.~-]+(\/[\w.~-]+)*)?$/
const DOTS = /\/\.{1,2}(\/|$)/

export const listenerHttps = section('For https: DNS over HTTPS (RFC 8484).', {
  path: optional<string>({
    about: `The path at which DNS is served; clients get it as a URI template, such as https://dns.example.org/dns-query{?dns}. At most ${MAX_PATH} characters.`,
    initial: DEFAULT_DOH_PATH,
    shape: { type: 'string', pattern: PATH.source, maxLength: MAX_PATH },
    read: (input) =>
      typeof input === 'string' && input.length <= MAX_PATH && PATH.test(input) && !DOTS.test(input)
        ? input
        : new Fault(
            `${show(input)} is not a path that every client writes the same`,
            'give one as /dns-query: letters, digits, "-", ".", "_" and "~" behind each "/"',
          ),
  }),
})

/** Octets of the longest name below which there is room for `_dns`. */
const MAX_NAME = 248

export const discovery = required<string>({
  about:
    'For tls and https: the name in the certificate, under which clients are told of this listener (RFC 9462). Left out, they are not.',
  shape: { type: 'string' },
  read(input) {
    const name = typeof input === 'string' ? canonicalDomain(input) : null
    return name !== null && name !== '.' && name.length <= MAX_NAME
      ? name
      : new Fault(`${show(input)} is not a host name`, 'give the one that the certificate carries')
  },
})
