// A proxy with a door for DNS over TLS, whose files a test can change.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCa, TestCertificate } from './certificates.ts'
import { DotClient, type DotClientOptions } from './dot-client.ts'
import { Dotward } from './dotward.ts'
import { freePort } from './processes.ts'

export interface DotDoorOptions {
  readonly ca: TestCa
  /** Of the proxy's configuration. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Of the listener. */
  readonly listener?: Readonly<Record<string, unknown>>
  /** Of the listener's `tls`. */
  readonly tls?: Readonly<Record<string, unknown>>
}

export class DotDoor implements AsyncDisposable {
  readonly ca: TestCa
  readonly proxy: Dotward
  readonly port: number
  /** What the proxy reads. */
  readonly certPath: string
  readonly keyPath: string

  private constructor(ca: TestCa, proxy: Dotward, port: number, paths: Paths) {
    this.ca = ca
    this.proxy = proxy
    this.port = port
    this.certPath = paths.certPath
    this.keyPath = paths.keyPath
  }

  static async start({ ca, config, listener, tls }: DotDoorOptions): Promise<DotDoor> {
    const [port, plain] = [await freePort(), await freePort()]
    const paths = {
      certPath: join(ca.dir, `door-${port}.crt`),
      keyPath: join(ca.dir, `door-${port}.key`),
    }
    install(paths, ca.issue({ names: ['dns.example.org'], ips: ['127.0.0.1'] }))
    const files = { certificate: paths.certPath, key: paths.keyPath }
    const proxy = await Dotward.start(
      {
        listeners: [
          { address: '127.0.0.1', port: plain, protocols: ['udp', 'tcp'] },
          {
            address: '127.0.0.1',
            port,
            protocols: ['tls'],
            ...listener,
            tls: { ...files, ...tls },
          },
        ],
        ...config,
      },
      { port: plain },
    )
    return new DotDoor(ca, proxy, port, paths)
  }

  /** Has it read another certificate, or whatever else stands in its place. */
  install(certificate: Pick<TestCertificate, 'cert' | 'key'>): void {
    install(this, certificate)
  }

  client(options: Partial<DotClientOptions> = {}): DotClient {
    return new DotClient({ port: this.port, ca: this.ca.caPem, ...options })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]()
  }
}

interface Paths {
  readonly certPath: string
  readonly keyPath: string
}

function install(
  { certPath, keyPath }: Paths,
  { cert, key }: Pick<TestCertificate, 'cert' | 'key'>,
) {
  writeFileSync(certPath, cert)
  writeFileSync(keyPath, key)
}
