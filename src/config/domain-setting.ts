// A domain as a setting.

import { canonicalDomain } from './domain.ts'
import { Fault, show } from './problem.ts'
import { required } from './values.ts'

export const domain = required<string>({
  about: 'A domain: it stands for itself and all names below; "." is every name.',
  shape: { type: 'string' },
  read(input) {
    const name = typeof input === 'string' ? canonicalDomain(input) : null
    if (name !== null) return name
    const below = typeof input === 'string' && /^\*?\.(.+)$/.exec(input)
    return below
      ? new Fault(
          `${show(input)} is not a domain name`,
          `write ${below[1]}: it stands for all names below it as well`,
        )
      : new Fault(`${show(input)} is not a domain name`, 'write it as corp.example')
  },
})
