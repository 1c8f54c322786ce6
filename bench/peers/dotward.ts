// dotward itself, from a checkout: one worker, nothing switched off.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { TLS_NAME } from '../lab/certificates.ts'
import { type Doors, Kind, type System, Transport } from '../lab/system.ts'
import { run } from '../lab/tool.ts'

export interface DotwardOptions {
  /** Top folder of the checkout. */
  readonly root: string
  readonly name?: string
  /** For Node, before the program: a profiler's switches, for example. */
  readonly nodeOptions?: readonly string[]
  /** To listen on, instead of 127.0.0.1 alone. */
  readonly address?: string
  /** More sections of the configuration, as YAML. */
  readonly settings?: string
  /** More of the section `cache`, as in a YAML flow mapping. */
  readonly cache?: string
}

export function dotward(options: DotwardOptions): System {
  const { root, name = 'dotward', nodeOptions = [], settings = '' } = options
  const { address = '127.0.0.1', cache } = options
  const more = cache === undefined ? [] : [cache]
  return {
    name,
    id: 'dotward',
    kind: Kind.Dotward,
    encrypted: [Transport.Dot, Transport.Doh],
    version: () => `${packageVersion(root)} (${revision(root)}), Node ${process.versions.node}`,
    launch: ({ dir, port, upstreamPorts, ca, cacheMiB, maxTtl, anchors, doors }) => {
      const config = join(dir, 'dotward.yaml')
      const upstreams = upstreamPorts.map(
        (upstreamPort, i) =>
          `  - { name: lab-${i + 1}, address: 127.0.0.1, port: ${upstreamPort}, ` +
          `tlsName: ${TLS_NAME}, ca: "${ca}" }\n`,
      )
      writeFileSync(
        config,
        `workers: 1
listeners:
  - { address: "${address}", port: ${port}, protocols: [udp, tcp] }
${doors === null ? '' : doorLines(address, doors)}upstreams:
${upstreams.join('')}cache: { ${[`size: ${cacheMiB}MiB`, ...kept(maxTtl), ...more].join(', ')} }
${validation(root, anchors)}${settings}`,
      )
      const main = join(root, 'src', 'main.ts')
      return { command: process.execPath, args: [...nodeOptions, main, 'serve', '-c', config] }
    },
  }
}

const kept = (maxTtl: number | undefined): string[] =>
  maxTtl === undefined ? [] : [`maxTtl: ${maxTtl}s`]

/** Nothing for checkouts from before there was validation. */
function validation(root: string, anchors: string | undefined): string {
  if (!existsSync(join(root, 'src', 'config', 'sections', 'dnssec.ts'))) return ''
  return anchors === undefined
    ? 'dnssec: { mode: off }\n'
    : `dnssec: { mode: validate, trustAnchors: "${anchors}" }\n`
}

function doorLines(address: string, { dotPort, dohPort, certificate, key }: Doors): string {
  const tls = `tls: { certificate: "${certificate}", key: "${key}" }`
  return `  - { address: "${address}", port: ${dotPort}, protocols: [tls], ${tls} }
  - { address: "${address}", port: ${dohPort}, protocols: [https], ${tls} }
`
}

function packageVersion(root: string): string {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object
  return 'version' in manifest ? String(manifest.version) : 'unknown'
}

/** The commit, with "+" when the sources differ from it. */
function revision(root: string): string {
  try {
    const commit = run('git', ['rev-parse', '--short', 'HEAD'], root).trim()
    const changes = run('git', ['status', '--porcelain', '--', 'src', 'native'], root).trim()
    return changes === '' ? commit : `${commit}+`
  } catch {
    return 'no revision'
  }
}
