import { readRange } from '../address.ts'
import { Fault } from '../problem.ts'
import { list, required, section } from '../values.ts'

const proxy = required<string>({
  about: 'Addresses of proxies, as 192.0.2.0/24 or 2001:db8::/32, or one address.',
  shape: { type: 'string' },
  read(input) {
    const range = readRange(input)
    return typeof range === 'string' && range.endsWith('/0')
      ? new Fault(
          `${range} would have everybody believed`,
          'name the proxies, or the networks that hold nobody else',
        )
      : range
  },
})

/** Whoever is believed when it says for whom it speaks. */
export const proxyProtocol = section(
  'Takes the client’s address from the header that a proxy sends (PROXY protocol, version 1 or 2). Such a listener serves proxies alone: a header from anybody else could say anything.',
  {
    from: list<string>({
      about: 'The proxies to believe, at most 256 ranges.',
      initial: [],
      min: 1,
      max: 256,
      of: proxy,
    }),
  },
)
