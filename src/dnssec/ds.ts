// Which keys a parent zone vouches for (RFC 4034 §5): DS records.

import { hash } from 'node:crypto'

import { readUint16 } from '../wire/header.ts'
import { type AlgorithmPolicy, DigestType, isSupported, isSupportedDigest } from './algorithms.ts'
import type { Dnskey } from './dnskey.ts'
import { type Name, nameOctets } from './name.ts'
import type { Rrset } from './rrset.ts'

export interface DelegationSigner {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Uint8Array
}

/** OpenSSL's names of the digests. */
const digestNames: Readonly<Record<number, string>> = {
  [DigestType.Sha1]: 'sha1',
  [DigestType.Sha256]: 'sha256',
  [DigestType.Sha384]: 'sha384',
}

/** @param set of type DS */
export function readDs(set: Rrset): readonly DelegationSigner[] {
  return set.records.map(readDelegationSigner)
}

/** @param rdata must have been checked by `checkRdata` */
export function readDelegationSigner(rdata: Uint8Array): DelegationSigner {
  return {
    keyTag: readUint16(rdata, 0),
    algorithm: rdata[2]!,
    digestType: rdata[3]!,
    digest: new Uint8Array(rdata.subarray(4)),
  }
}

/**
 * Those that count: of an algorithm and with a digest that can be checked here, and when there are
 * better digests than SHA-1, none of these (RFC 4509 §3). Without any, the zone counts as not signed
 * (RFC 4035 §5.2).
 */
export function usableDs(
  set: readonly DelegationSigner[],
  policy: AlgorithmPolicy,
): readonly DelegationSigner[] {
  const usable = set.filter(
    ({ algorithm, digestType }) =>
      isSupported(algorithm, policy) && isSupportedDigest(digestType, policy),
  )
  const better = usable.filter(({ digestType }) => digestType !== DigestType.Sha1)
  return better.length > 0 ? better : usable
}

/** Whether the record is the key's: tag, algorithm and digest are the same (RFC 4034 §5.1.4). */
export function matchesDs(zone: Name, key: Dnskey, ds: DelegationSigner): boolean {
  if (key.tag !== ds.keyTag || key.algorithm !== ds.algorithm) return false
  const name = digestNames[ds.digestType]
  if (name === undefined) return false
  const digest = hash(name, Buffer.concat([nameOctets(zone), key.rdata]), 'buffer')
  return digest.equals(ds.digest)
}
