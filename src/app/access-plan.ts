// Who may ask at each listener, compiled. Listeners with the same rules share the memory.

import { accessAt, fileNamed, groupNamed } from '../config/access.ts'
import type { Config, ListenerConfig } from '../config/config.ts'
import { readRangeFile } from '../config/range-files.ts'
import { AccessList } from '../guard/acl.ts'
import type { CertificateRule } from '../guard/certificate-rules.ts'
import type { AccessPlan } from '../worker/plan.ts'

type Rules = Pick<Config['access'], 'allow' | 'deny'>

export class AccessPlans {
  readonly #config: Config
  /** By what they were compiled from. */
  readonly #lists = new Map<string, AccessList>()
  readonly #files = new Map<string, readonly string[]>()

  constructor(config: Config) {
    this.#config = config
  }

  /** @throws when a file of ranges cannot be read, with a line for each thing that is wrong */
  at(listener: ListenerConfig): AccessPlan {
    const { allow, deny, onDeny } = accessAt(this.#config, listener)
    const key = JSON.stringify([allow, deny])
    let list = this.#lists.get(key)
    if (list === undefined) {
      list = this.#compile({ allow, deny })
      this.#lists.set(key, list)
    }
    const { memory, certificates } = list
    return { memory, certificates, refuseStrangers: onDeny === 'refuse' }
  }

  #compile({ allow, deny }: Rules): AccessList {
    const { access, rateLimit } = this.#config
    return AccessList.compile({
      allow: this.#rangesOf(allow),
      deny: this.#rangesOf(deny),
      exempt: this.#rangesOf(rateLimit.exempt),
      groups: Object.values(access.groups).map(({ ranges }) => this.#rangesOf(ranges)),
      certificates: this.#certificateRules({ allow, deny }),
    })
  }

  #rangesOf(entries: readonly string[]): readonly string[] {
    return entries.flatMap((entry) => {
      const group = groupNamed(entry)
      if (group !== null) return this.#rangesOf(this.#config.access.groups[group]!.ranges)
      const file = fileNamed(entry)
      return file === null ? entry : this.#rangesIn(file)
    })
  }

  #rangesIn(file: string): readonly string[] {
    let ranges = this.#files.get(file)
    if (ranges === undefined) {
      ranges = readRangeFile(file)
      this.#files.set(file, ranges)
    }
    return ranges
  }

  #certificateRules({ allow, deny }: Rules): CertificateRule[] {
    const { access, rateLimit } = this.#config
    return Object.entries(access.groups).flatMap(([name, { certificates }], index) => {
      const entry = `@${name}`
      const rule = {
        allow: deny.includes(entry) ? false : allow.includes(entry) ? true : null,
        exempt: rateLimit.exempt.includes(entry),
        group: index + 1,
      }
      return certificates.map((one) => ({ name: one, ...rule }))
    })
  }
}
