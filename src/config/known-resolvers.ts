// Public resolvers whose authentication name (RFC 8310 §8) is published by their operator, so that
// their bare address says enough. Everything else must be given with its name.

const RESOLVERS: readonly (readonly [tlsName: string, addresses: readonly string[]])[] = [
  ['cloudflare-dns.com', ['1.1.1.1', '1.0.0.1', '2606:4700:4700::1111', '2606:4700:4700::1001']],
  [
    'security.cloudflare-dns.com',
    ['1.1.1.2', '1.0.0.2', '2606:4700:4700::1112', '2606:4700:4700::1002'],
  ],
  [
    'family.cloudflare-dns.com',
    ['1.1.1.3', '1.0.0.3', '2606:4700:4700::1113', '2606:4700:4700::1003'],
  ],
  ['dns.google', ['8.8.8.8', '8.8.4.4', '2001:4860:4860::8888', '2001:4860:4860::8844']],
  ['dns.quad9.net', ['9.9.9.9', '149.112.112.112', '2620:fe::fe', '2620:fe::9']],
  ['dns10.quad9.net', ['9.9.9.10', '149.112.112.10', '2620:fe::10', '2620:fe::fe:10']],
  ['dns11.quad9.net', ['9.9.9.11', '149.112.112.11', '2620:fe::11', '2620:fe::fe:11']],
]

const NAMES = new Map(
  RESOLVERS.flatMap(([tlsName, addresses]) =>
    addresses.map((address) => [address, tlsName] as const),
  ),
)

/** The authentication name of a public resolver; null when the address is none we know. */
export function knownTlsName(address: string): string | null {
  return NAMES.get(address) ?? null
}
