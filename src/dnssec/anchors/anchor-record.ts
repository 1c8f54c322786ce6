// What a DS or DNSKEY record must be like to be a trust anchor: something that nobody here can use,
// or that is out of use, would leave a zone without trust and nobody would know why.

/** RFC 4034 §2.1.1, RFC 5011 §7. */
const KeyFlag = { Zone: 0x0100, Revoked: 0x0080, SecureEntryPoint: 0x0001 } as const

const KEY_PROTOCOL = 3

/** Fields of a DNSKEY before the key (RFC 4034 §2.1), and of a DS before the digest (§5.1). */
const KEY_HEAD = 4
const DS_HEAD = 4

/** Those that can be verified (RFC 9904 §3, RFC 8624 §3.1). */
const ALGORITHMS: readonly number[] = [5, 7, 8, 10, 13, 14, 15, 16]

/** Octets of digests: SHA-1 (RFC 4034), SHA-256 (RFC 4509), SHA-384 (RFC 6605). */
const DIGEST_LENGTHS: ReadonlyMap<number, number> = new Map([
  [1, 20],
  [2, 32],
  [4, 48],
])

export interface RecordFault {
  readonly message: string
  readonly remedy: string
}

export interface DelegationSigner {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Uint8Array
}

/** @param rdata of a DS, or what is wrong with it as an anchor */
export function readAnchorDs(rdata: Uint8Array): DelegationSigner | RecordFault {
  const keyTag = (rdata[0]! << 8) | rdata[1]!
  const algorithm = rdata[2]!
  const digestType = rdata[3]!
  const digest = rdata.slice(DS_HEAD)
  const length = DIGEST_LENGTHS.get(digestType)
  if (!ALGORITHMS.includes(algorithm)) return unknownAlgorithm(algorithm)
  if (length === undefined) {
    return {
      message: `digest type ${digestType} is not supported`,
      remedy: `give a digest of SHA-256 (2) or SHA-384 (4), as \`dnssec-dsfromkey -2\` makes it`,
    }
  }
  if (digest.length === length) return { keyTag, algorithm, digestType, digest }
  return {
    message: `a digest of type ${digestType} has ${length} octets, not ${digest.length}`,
    remedy: 'copy the whole record',
  }
}

/** @param rdata of a DNSKEY. @returns what is wrong with it as an anchor, or null */
export function faultInKey(rdata: Uint8Array): RecordFault | null {
  const flags = (rdata[0]! << 8) | rdata[1]!
  if ((flags & KeyFlag.Zone) === 0) {
    return { message: `flags ${flags} are not those of a zone’s key`, remedy: 'give a key of 257' }
  }
  if ((flags & KeyFlag.Revoked) !== 0) {
    return { message: 'the key is revoked (RFC 5011 §2.1)', remedy: 'remove it' }
  }
  if (rdata[2] !== KEY_PROTOCOL) {
    return { message: `protocol ${rdata[2]} is not 3 (RFC 4034 §2.1.2)`, remedy: 'copy it again' }
  }
  if (!ALGORITHMS.includes(rdata[3]!)) return unknownAlgorithm(rdata[3]!)
  return rdata.length > KEY_HEAD ? null : { message: 'the key is empty', remedy: 'copy it again' }
}

/** Whether the zone means the key to be trusted from outside (RFC 4034 §2.1.1). */
export function isSecureEntryPoint(rdata: Uint8Array): boolean {
  return (rdata[1]! & KeyFlag.SecureEntryPoint) !== 0
}

function unknownAlgorithm(algorithm: number): RecordFault {
  return {
    message: `algorithm ${algorithm} is not supported`,
    remedy: `give a key of one of ${ALGORITHMS.join(', ')}`,
  }
}
