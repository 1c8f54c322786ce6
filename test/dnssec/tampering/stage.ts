// Certificates, trust anchors and configuration for dotward before upstreams that tamper.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestCa, type TestCa, type TestCertificate } from '../../support/certificates.ts'
import type { DotServer } from '../../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../../support/dot-upstreams/dot-upstream.ts'
import { type Config, ConfigFile } from '../../support/dotward.ts'

export class Stage implements Disposable {
  readonly dir: string
  readonly certificate: TestCertificate
  readonly #ca: TestCa = createTestCa()
  readonly #files = new ConfigFile('')
  readonly #trustAnchors: string

  /** @param anchors DS records of the world's root */
  constructor(anchors: string) {
    this.certificate = this.#ca.issue({ names: [TLS_NAME] })
    this.dir = this.#files.dir
    this.#trustAnchors = join(this.dir, 'root.key')
    writeFileSync(this.#trustAnchors, anchors)
  }

  /** Upstreams are up-0, up-1, …; failures are kept for as long as tests take. */
  config(
    upstreams: readonly Pick<DotServer, 'port'>[],
    more: Config = {},
    dnssec: Config = {},
  ): Config {
    return {
      workers: 2,
      upstreams: upstreams.map(({ port }, i) =>
        upstreamConfig({ name: `up-${i}`, port }, this.#ca),
      ),
      selection: { strategy: 'ordered', hedge: { budget: '0%' } },
      dnssec: {
        mode: 'validate',
        trustAnchors: this.#trustAnchors,
        followRollOvers: false,
        ...dnssec,
      },
      // On a busy machine an answer may be late; that is not what is tried.
      timeouts: { query: '9s' },
      dot: { stallTimeout: '8s' },
      cache: { size: '16MiB', failureTtl: '30s' },
      ...more,
    }
  }

  [Symbol.dispose](): void {
    this.#ca[Symbol.dispose]()
    this.#files[Symbol.dispose]()
  }
}
