// DNSSEC algorithms and digests by number, and which of them count here: those that the IANA registries
// recommend for validation (RFC 9904 §3), but for SHA-1 (RFC 9905). RSAMD5, DSA and ECC-GOST must not be
// used (RFC 8624 §3.1, RFC 9906), SM2 and the newer GOST are left to validators: they are not here.

/** Signature algorithms that can be checked here (IANA DNSSEC algorithm numbers). */
export const Algorithm = {
  RsaSha1: 5,
  RsaSha1Nsec3: 7,
  RsaSha256: 8,
  RsaSha512: 10,
  EcdsaP256: 13,
  EcdsaP384: 14,
  Ed25519: 15,
  Ed448: 16,
} as const

/** Digests of DS records that can be checked here (IANA DS RR type digest algorithms). */
export const DigestType = { Sha1: 1, Sha256: 2, Sha384: 4 } as const

export interface AlgorithmPolicy {
  /**
   * Whether signatures and digests made with SHA-1 count. Who writes a resolver must still be able to
   * check such signatures, and who runs one must take them for unsupported (RFC 9905 §2). Digests are
   * no longer to be made with it (RFC 8624 §3.3).
   */
  readonly acceptSha1: boolean
}

/** What is known of an algorithm. */
interface AlgorithmTraits {
  readonly name: string
  /** The digest as OpenSSL names it; null where it is part of the algorithm. */
  readonly digest: string | null
  /** Which signature of several is checked first: the strong ones, and of these the cheapest. */
  readonly rank: number
}

/** Costs on one core: RSA with 2048 bits 17 µs, P-256 50, Ed25519 65, Ed448 165, P-384 475. */
const traits: readonly (AlgorithmTraits | undefined)[] = byNumber([
  [Algorithm.RsaSha256, { name: 'RSASHA256', digest: 'sha256', rank: 0 }],
  [Algorithm.RsaSha512, { name: 'RSASHA512', digest: 'sha512', rank: 1 }],
  [Algorithm.EcdsaP256, { name: 'ECDSAP256SHA256', digest: 'sha256', rank: 2 }],
  [Algorithm.Ed25519, { name: 'ED25519', digest: null, rank: 3 }],
  [Algorithm.Ed448, { name: 'ED448', digest: null, rank: 4 }],
  [Algorithm.EcdsaP384, { name: 'ECDSAP384SHA384', digest: 'sha384', rank: 5 }],
  [Algorithm.RsaSha1, { name: 'RSASHA1', digest: 'sha1', rank: 6 }],
  [Algorithm.RsaSha1Nsec3, { name: 'RSASHA1-NSEC3-SHA1', digest: 'sha1', rank: 7 }],
])

function byNumber(
  rows: readonly (readonly [algorithm: number, row: AlgorithmTraits])[],
): (AlgorithmTraits | undefined)[] {
  const known = new Map(rows)
  return Array.from({ length: Algorithm.Ed448 + 1 }, (_, algorithm) => known.get(algorithm))
}

export function traitsOf(algorithm: number): AlgorithmTraits | undefined {
  return traits[algorithm]
}

/** Whether signatures of the algorithm count. A zone that has no others counts as not signed. */
export function isSupported(algorithm: number, policy: AlgorithmPolicy): boolean {
  const known = traits[algorithm]
  return known !== undefined && (known.digest !== 'sha1' || policy.acceptSha1)
}

/** Whether DS records with the digest count. */
export function isSupportedDigest(digestType: number, policy: AlgorithmPolicy): boolean {
  return (
    digestType === DigestType.Sha256 ||
    digestType === DigestType.Sha384 ||
    (digestType === DigestType.Sha1 && policy.acceptSha1)
  )
}

/** The algorithm's mnemonic, for people. */
export function algorithmName(algorithm: number): string {
  return traits[algorithm]?.name ?? `algorithm ${algorithm}`
}
