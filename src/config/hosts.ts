// Host names of upstreams: somebody must be there to resolve them.

import { isIP } from 'node:net'
import type * as z from 'zod'
import { Fault } from './problem.ts'
import type { BootstrapServer } from './sections/bootstrap.ts'
import type { Upstream } from './sections/upstreams.ts'
import { report } from './values.ts'

interface Sections {
  readonly upstreams: readonly Upstream[]
  readonly bootstrap: { readonly servers: readonly BootstrapServer[] }
}

export function checkHosts(config: Sections, context: z.core.$RefinementCtx): void {
  for (const [i, { address, protocol }] of config.upstreams.entries()) {
    if (isIP(address) !== 0) continue
    const path = ['upstreams', i, 'address']
    if (protocol === 'plain') {
      const fault = new Fault(
        `${address} is a host name, and a plain upstream cannot prove to be it`,
        'give its IP address',
      )
      report(context, fault, path)
    } else if (config.bootstrap.servers.length === 0) {
      const fault = new Fault(
        `${address} is a host name, and nobody is there to resolve it`,
        'give its IP address, or servers under bootstrap.servers',
      )
      report(context, fault, path)
    }
  }
}
