// What an operator sees when the proxy cannot have its port.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { ConfigFile, MAIN, runDotward } from '../support/dotward.ts'
import { freePort, startProgram } from '../support/processes.ts'

const UPSTREAMS = ['192.0.2.1#dns.example.org']

test('a port that another program has: says so, how to find it, and exits with an error', async () => {
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  try {
    const listeners = [{ address: '127.0.0.1', port, protocols: ['udp', 'tcp'] }]
    using file = new ConfigFile({ workers: 1, listeners, upstreams: UPSTREAMS })
    await using program = runDotward(['serve', '-c', file.path])
    const { code, output } = await program.exited
    assert.notEqual(code, 0)
    assert.match(output, new RegExp(`127\\.0\\.0\\.1 port ${port}.*another program`))
    assert.match(output, /\bss -/)
    assert.doesNotMatch(output, /\bat .*\.ts:\d+/, 'no stack trace')
  } finally {
    server.close()
  }
})

test('a port below 1024 without the right to it: names the remedies and exits with an error', async () => {
  const listeners = [{ address: '127.0.0.1', port: 53 }]
  using file = new ConfigFile({ workers: 1, listeners, upstreams: UPSTREAMS })
  await using program = startProgram(
    ...withoutPrivilege(process.execPath, MAIN, 'serve', '-c', file.path),
  )
  const { code, output } = await program.exited
  assert.notEqual(code, 0)
  assert.match(output, /127\.0\.0\.1 port 53: permission denied/)
  assert.match(output, /setcap cap_net_bind_service/)
  assert.match(output, /ip_unprivileged_port_start/)
  assert.match(output, /LISTEN_PORT/)
  assert.doesNotMatch(output, /\bat .*\.ts:\d+/, 'no stack trace')
})

/**
 * Without CAP_NET_BIND_SERVICE rather than as another user, so that files stay readable. Where the
 * machine opens low ports to everybody, as some container runtimes do, in a network namespace of
 * its own, which starts with the kernel's default.
 */
function withoutPrivilege(...command: string[]): [string, string[]] {
  const drop = ['--bounding-set=-net_bind_service', '--inh-caps=-net_bind_service']
  const open = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) <= 53
  if (!open && process.getuid?.() !== 0) return [command[0]!, command.slice(1)]
  if (!open) return ['setpriv', [...drop, ...command]]
  const script = `ip link set lo up && exec setpriv ${drop.join(' ')} "$@"`
  return ['unshare', ['--user', '--map-root-user', '--net', 'sh', '-c', script, 'sh', ...command]]
}
