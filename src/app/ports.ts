// Addresses and ports, tried before any worker takes them. Workers bind with SO_REUSEPORT, under
// which a second dotward would bind as well and take half of the queries; this asks without it.

import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { ListenerConfig } from '../config/config.ts'
import type { Logger } from '../observe/log.ts'

/** An address that cannot be listened on, and what to do about it. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

const PORT_TRIES = 20

/** IPv6 may be absent from a machine or container; then `::` means what is left: IPv4. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])

/**
 * Checks that a listener can be bound, and picks a port where the system is to choose.
 * @param ours whether sockets of our own may be on that port already, which then is no hindrance
 * @returns what workers shall bind
 * @throws ListenError
 */
export async function claimPort(
  listener: ListenerConfig,
  log: Logger,
  ours = false,
): Promise<ListenerConfig> {
  try {
    return await claim(listener, ours)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (listener.address !== '::' || !NO_IPV6.has(code ?? '')) throw explain(error, listener)
    log.warn('no IPv6 here: listening on IPv4 alone', { port: listener.port })
    return claimIpv4(listener, ours)
  }
}

async function claimIpv4(listener: ListenerConfig, ours: boolean): Promise<ListenerConfig> {
  const ipv4 = { ...listener, address: '0.0.0.0' }
  try {
    return await claim(ipv4, ours)
  } catch (error) {
    throw explain(error, ipv4)
  }
}

async function claim(listener: ListenerConfig, ours: boolean): Promise<ListenerConfig> {
  for (let tries = 1; ; tries++) {
    const port = listener.port === 0 ? await freePort(listener.address) : listener.port
    try {
      for (const protocol of listener.protocols)
        await tryBind(listener.address, port, protocol, ours)
      return { ...listener, port }
    } catch (error) {
      // What the system chose for one protocol may be taken for the other.
      if (listener.port !== 0 || tries === PORT_TRIES) throw error
    }
  }
}

function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: address, port: 0 }, () => {
      const bound = server.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** @param reusePort passes over sockets that were bound with it as well, by the same user */
function tryBind(
  address: string,
  port: number,
  protocol: ListenerConfig['protocols'][number],
  reusePort: boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (protocol !== 'udp') {
      const server = createServer()
      server.once('error', reject)
      server.listen({ host: address, port, reusePort }, () => server.close(() => resolve()))
    } else {
      const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', reusePort })
      socket.once('error', (error) => {
        socket.close()
        reject(error)
      })
      socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve()))
    }
  })
}

function explain(error: unknown, { address, port }: ListenerConfig): ListenError {
  const { code, message } = error as NodeJS.ErrnoException
  const where = `cannot listen on ${address} port ${port}`
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return new ListenError(
        `${where}: permission denied\n` +
          'Ports below 1024 are reserved. Any of these helps:\n' +
          `  - another port: LISTEN_PORT=5300, or "port" under "listeners" in the configuration\n` +
          `  - open the port to everybody on this machine: sysctl net.ipv4.ip_unprivileged_port_start=${port}\n` +
          `  - give this Node.js the right to it: setcap cap_net_bind_service=+ep ${process.execPath}\n` +
          '  - start as root',
      )
    case 'EADDRINUSE':
      return new ListenError(
        `${where}: another program has it\n` +
          `See which: ss -lnptu 'sport = :${port}'\n` +
          'On port 53 it is often systemd-resolved (set DNSStubListener=no in resolved.conf) or ' +
          'dnsmasq. Stop it, listen on one address instead of all, or choose another port: ' +
          'LISTEN_PORT=5300.',
      )
    case 'EADDRNOTAVAIL':
      return new ListenError(
        `${where}: this machine has no such address\nSee which it has: ip address`,
      )
    default:
      return new ListenError(`${where}: ${message}`)
  }
}
