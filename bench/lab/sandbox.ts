// A network namespace of the bench's own: a loopback interface and nothing else. Packets can be
// dropped in it without touching the machine's own rules, and nothing that is measured can reach
// anybody outside.

import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { searchPath } from './program.ts'
import { run } from './tool.ts'

const MARK = 'BENCH_SANDBOX'

/** Whether packets can be dropped: this process is in its sandbox, and nft works there. */
export function canDropPackets(): boolean {
  return process.env[MARK] === 'packets'
}

/** Whether it is for this process to start itself again inside of a sandbox. */
export const isOutside = (): boolean => process.env[MARK] === undefined

/**
 * Runs this program again inside of a sandbox and gives its exit code. Where the kernel allows no
 * namespace, it runs without one, and faults that need packets dropped are left out.
 */
export async function runInSandbox(): Promise<number> {
  const flags = process.getuid?.() === 0 ? ['--net'] : ['--map-root-user', '--net']
  const wrapped = allows(flags)
    ? ['unshare', ...flags, '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']
    : []
  const [command, ...args] = [...wrapped, process.execPath, ...process.argv.slice(1)]
  const mark = wrapped.length === 0 ? 'none' : 'packets'
  const child = spawn(command!, args, {
    stdio: 'inherit',
    env: { ...process.env, PATH: searchPath(), [MARK]: mark },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal))
  }
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

function allows(flags: readonly string[]): boolean {
  try {
    run('unshare', [...flags, '--', 'sh', '-c', 'ip link set lo up && nft add table inet probe'])
    return true
  } catch {
    return false
  }
}

/** What happens to the packets of one port's connections, both ways. */
export type PacketFault = 'drop' | 'reset' | { readonly lossPercent: number }

/** Every packet on loopback passes the output hook once. */
export function setPacketFault(ports: readonly number[], fault: PacketFault): void {
  const set = `{ ${ports.join(', ')} }`
  const verdict =
    fault === 'drop'
      ? 'drop'
      : fault === 'reset'
        ? 'reject with tcp reset'
        : `numgen random mod 1000 < ${Math.round(fault.lossPercent * 10)} drop`
  // A reset that we send must not itself be rejected.
  const match = fault === 'reset' ? 'tcp flags & rst == 0 ' : ''
  run('nft', [
    'add table inet faults; ' +
      'add chain inet faults out { type filter hook output priority 0; policy accept; }; ' +
      `add rule inet faults out ${match}tcp dport ${set} ${verdict}; ` +
      `add rule inet faults out ${match}tcp sport ${set} ${verdict}`,
  ])
}

export function clearPacketFaults(): void {
  run('nft', ['add table inet faults; delete table inet faults'])
}
