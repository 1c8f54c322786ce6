// The trust anchors of the root zone that this version knows, as IANA publishes them
// (https://data.iana.org/root-anchors/root-anchors.xml, RFC 9718).

import { ROOT } from '../name.ts'
import type { ZoneAnchors } from './trust-anchors.ts'

const RSASHA256 = 8
const SHA256 = 2

export const ROOT_ANCHORS: ZoneAnchors = {
  zone: ROOT,
  ds: [
    // KSK-2017, which signs since October 2018.
    rootDs(20326, 'e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d'),
    // KSK-2024, published since January 2025.
    rootDs(38696, '683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16'),
  ],
  keys: [],
}

function rootDs(keyTag: number, digest: string) {
  const octets = new Uint8Array(Buffer.from(digest, 'hex'))
  return { keyTag, algorithm: RSASHA256, digestType: SHA256, digest: octets }
}
