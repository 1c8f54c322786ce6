// The machine that the figures belong to.

import { cpus, release, totalmem } from 'node:os'

import { versionOf } from '../lab/tool.ts'
import type { Machine } from './results.ts'

export function describeMachine(): Machine {
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    // The build's own suffix says nothing to a reader.
    kernel: /^\d+(?:\.\d+)*/.exec(release())?.[0] ?? release(),
    date: new Date().toISOString(),
    tools: {
      dnsperf: versionOf('dnsperf', ['-h']) ?? 'missing',
      'Unbound (upstream)': versionOf('unbound', ['-V'], /Version ([\d.]+)/) ?? 'missing',
      OpenSSL: versionOf('openssl', ['version']) ?? 'missing',
    },
  }
}
