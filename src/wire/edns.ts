// EDNS(0): the OPT pseudo-record (RFC 6891 §6.1) and the options that this program speaks.
// An OPT record: root name(1) type(2) = 41, class(2) = UDP size, TTL(4) = extended rcode(1),
// version(1), DO bit and Z(2); RDLENGTH(2); then options of code(2) length(2) data.

/** Octets of an OPT record without options. */
export const OPT_LENGTH = 11

/** Octets before an option's data: code and length. */
export const OPTION_HEADER_LENGTH = 4

/** The DO bit in the low 16 bits of an OPT record's TTL (RFC 3225 §3). */
export const DNSSEC_OK = 0x8000

/** What we say that we take over UDP, and the most we send: no fragments (DNS flag day 2020). */
export const UDP_PAYLOAD_SIZE = 1232

/** What a client without EDNS takes over UDP (RFC 1035 §4.2.1). */
export const PLAIN_UDP_SIZE = 512

/** EDNS option codes (IANA DNS EDNS0 option codes). */
export const OptionCode = {
  Nsid: 3,
  ClientSubnet: 8,
  Expire: 9,
  Cookie: 10,
  TcpKeepalive: 11,
  Padding: 12,
  Chain: 13,
  KeyTag: 14,
  ExtendedError: 15,
} as const

/** Extended DNS error codes (RFC 8914 §5.2; 27 to 29 from the IANA registry). */
export const ExtendedError = {
  Other: 0,
  UnsupportedDnskeyAlgorithm: 1,
  UnsupportedDsDigest: 2,
  StaleAnswer: 3,
  ForgedAnswer: 4,
  DnssecIndeterminate: 5,
  DnssecBogus: 6,
  SignatureExpired: 7,
  SignatureNotYetValid: 8,
  DnskeyMissing: 9,
  RrsigsMissing: 10,
  NoZoneKeyBitSet: 11,
  NsecMissing: 12,
  CachedError: 13,
  NotReady: 14,
  Blocked: 15,
  Censored: 16,
  Filtered: 17,
  Prohibited: 18,
  StaleNxdomain: 19,
  NotAuthoritative: 20,
  NotSupported: 21,
  NoReachableAuthority: 22,
  NetworkError: 23,
  InvalidData: 24,
  SignatureExpiredBeforeValid: 25,
  TooEarly: 26,
  UnsupportedNsec3Iterations: 27,
  UnableToConform: 28,
  Synthesized: 29,
} as const
