// What a DS or DNSKEY record must be like to be a trust anchor: something that nobody here can use,
// or that is out of use, would leave a zone without trust and nobody would know why.

import { Algorithm, DigestType, traitsOf } from '../algorithms.ts'
import { Dnskey } from '../dnskey.ts'
import { type DelegationSigner, readDelegationSigner } from '../ds.ts'
import { KeyFault } from '../public-key.ts'

/** Octets of digests: SHA-1 (RFC 4034), SHA-256 (RFC 4509), SHA-384 (RFC 6605). */
const DIGEST_LENGTHS: ReadonlyMap<number, number> = new Map([
  [DigestType.Sha1, 20],
  [DigestType.Sha256, 32],
  [DigestType.Sha384, 48],
])

/** The only one there is (RFC 4034 §2.1.2). */
const DNSSEC_PROTOCOL = 3

const COPY_AGAIN = 'copy the whole record'

export interface RecordFault {
  readonly message: string
  readonly remedy: string
}

/** @param rdata of a DS, or what is wrong with it as an anchor */
export function readAnchorDs(rdata: Uint8Array): DelegationSigner | RecordFault {
  const ds = readDelegationSigner(rdata)
  const { algorithm, digestType, digest } = ds
  const length = DIGEST_LENGTHS.get(digestType)
  if (traitsOf(algorithm) === undefined) return unknownAlgorithm(algorithm)
  if (length === undefined) {
    return {
      message: `digest type ${digestType} is not supported`,
      remedy: 'give a digest of SHA-256 (2) or SHA-384 (4), as `dnssec-dsfromkey -2` makes it',
    }
  }
  if (digest.length === length) return ds
  return {
    message: `a digest of type ${digestType} has ${length} octets, not ${digest.length}`,
    remedy: 'copy the whole record',
  }
}

/** @param rdata of a DNSKEY. @returns what is wrong with it as an anchor, or null */
export function faultInKey(rdata: Uint8Array): RecordFault | null {
  const key = new Dnskey(rdata)
  if (key.protocol === DNSSEC_PROTOCOL && !key.isZoneKey) {
    return {
      message: `flags ${key.flags} are not those of a zone’s key`,
      remedy: 'give one of 257',
    }
  }
  if (!key.isZoneKey) {
    return { message: `protocol ${key.protocol} is not 3 (RFC 4034 §2.1.2)`, remedy: COPY_AGAIN }
  }
  if (key.isRevoked) {
    return { message: 'the key is revoked (RFC 5011 §2.1)', remedy: 'remove it' }
  }
  switch (key.fault) {
    case null:
      return null
    case KeyFault.Algorithm:
      return unknownAlgorithm(key.algorithm)
    case KeyFault.Size:
      return { message: 'the key’s size is not supported', remedy: 'give a key of common size' }
    case KeyFault.Malformed:
      return { message: 'the key is malformed', remedy: COPY_AGAIN }
  }
}

function unknownAlgorithm(algorithm: number): RecordFault {
  return {
    message: `algorithm ${algorithm} is not supported`,
    remedy: `give a key of one of ${Object.values(Algorithm).join(', ')}`,
  }
}
