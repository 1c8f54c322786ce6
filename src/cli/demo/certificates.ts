// A certificate authority with one server certificate (RFC 5280), made in memory for one run. Why no
// library makes it: docs/decisions/0004-own-demo-certificates.md.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  bitString,
  boolean,
  type Der,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from './der.ts'

const Oid = {
  EcdsaWithSha256: '1.2.840.10045.4.3.2',
  CommonName: '2.5.4.3',
  SubjectKeyIdentifier: '2.5.29.14',
  KeyUsage: '2.5.29.15',
  SubjectAltName: '2.5.29.17',
  BasicConstraints: '2.5.29.19',
  AuthorityKeyIdentifier: '2.5.29.35',
  ExtendedKeyUsage: '2.5.29.37',
  ServerAuth: '1.3.6.1.5.5.7.3.1',
} as const

/** Longer than anybody leaves a demo running. */
const LIFETIME = 365 * 24 * 3600 * 1000

const VERSION_3 = integer(Buffer.of(2))

const signatureAlgorithm = sequence(objectIdentifier(Oid.EcdsaWithSha256))

/** All in PEM. */
export interface ServerCertificate {
  /** What a client must trust. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

interface Party {
  readonly name: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** Makes an authority that signs one certificate and is forgotten. @param name the server's own */
export function issueServerCertificate(name: string, now: Date): ServerCertificate {
  const authority = newParty('dotward demo CA')
  const server = newParty(name)
  const ca = certificate(authority, authority, now, [
    extension(Oid.BasicConstraints, sequence(boolean(true)), true),
    // keyCertSign, bit 5 (RFC 5280 §4.2.1.3).
    extension(Oid.KeyUsage, bitString(Buffer.of(0x04), 2), true),
  ])
  const cert = certificate(server, authority, now, [
    extension(Oid.BasicConstraints, sequence(), true),
    // digitalSignature, bit 0.
    extension(Oid.KeyUsage, bitString(Buffer.of(0x80), 7), true),
    extension(Oid.ExtendedKeyUsage, sequence(objectIdentifier(Oid.ServerAuth))),
    // dNSName, choice 2 (RFC 5280 §4.2.1.6).
    extension(Oid.SubjectAltName, sequence(implicit(2, Buffer.from(name)))),
    extension(Oid.AuthorityKeyIdentifier, sequence(implicit(0, keyIdentifier(authority)))),
  ])
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { ca, cert, key }
}

function newParty(name: string): Party {
  return { name, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }
}

function certificate(subject: Party, issuer: Party, now: Date, extensions: readonly Der[]): string {
  const identifier = extension(Oid.SubjectKeyIdentifier, octetString(keyIdentifier(subject)))
  const toBeSigned = sequence(
    explicit(0, VERSION_3),
    integer(serialNumber()),
    signatureAlgorithm,
    distinguishedName(issuer.name),
    sequence(time(now), time(new Date(now.getTime() + LIFETIME))),
    distinguishedName(subject.name),
    publicKeyInfo(subject),
    explicit(3, sequence(...extensions, identifier)),
  )
  const signature = sign('sha256', toBeSigned, issuer.privateKey)
  return pem(sequence(toBeSigned, signatureAlgorithm, bitString(signature)))
}

/** Never zero, and at most 20 octets (RFC 5280 §4.1.2.2). */
function serialNumber(): Uint8Array {
  return Buffer.concat([Buffer.of(1), randomBytes(15)])
}

function distinguishedName(commonName: string): Der {
  return sequence(setOf(sequence(objectIdentifier(Oid.CommonName), utf8String(commonName))))
}

function extension(oid: string, content: Der, critical = false): Der {
  const flag = critical ? [boolean(true)] : []
  return sequence(objectIdentifier(oid), ...flag, octetString(content))
}

function publicKeyInfo({ publicKey }: Party): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' })
}

/** 160 bits of a hash of the key (RFC 7093 §2). */
function keyIdentifier(party: Party): Uint8Array {
  return createHash('sha256').update(publicKeyInfo(party)).digest().subarray(0, 20)
}

function pem(der: Der): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
