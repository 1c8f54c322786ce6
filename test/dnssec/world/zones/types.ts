// Data of every type that signers and servers know, signed by each of the signers.

import type { ZoneSpec } from '../zone-spec.ts'
import { makeZone, secure } from './make-zone.ts'

const ASKED_TYPES =
  'A AAAA MX TXT SRV NAPTR CAA LOC HINFO RP AFSDB SSHFP PTR TLSA URI HTTPS SVCB DHCID CERT TYPE65280'.split(
    ' ',
  )

function everyType(): string {
  return `all A 192.0.2.10
all AAAA 2001:db8::10
all MX 10 Mail.Example.COM.
all TXT "one" "two"
all SRV 0 0 443 WWW.Example.ORG.
all NAPTR 10 20 "s" "SIP+D2U" "" _Sip._udp.Example.ORG.
all CAA 0 issue "ca.example.net"
all LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
all HINFO "CPU" "OS"
all RP Admin.Example.ORG. Text.Example.ORG.
all AFSDB 1 Db.Example.ORG.
all SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
all PTR Host.Example.ORG.
all TLSA 3 1 1 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
all URI 10 1 "https://www.example.org/"
all HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.10 port=8443
all SVCB 2 svc.example.org. alpn=dot port=853
all DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
all CERT 1 12345 13 AQIDBAUGBwg=
all TYPE65280 \\# 4 0A000001
all KX 10 Kx.Example.ORG.
all EUI48 00-00-5e-00-53-2a
all OPENPGPKEY AQIDBAUGBwg=
many A 192.0.2.1
many A 192.0.2.2
many A 192.0.2.3
many A 192.0.2.4
same TXT "a"
same TXT "aa"
same TXT "A"
`
}

export const TYPE_ZONES: readonly ZoneSpec[] = (['bind', 'ldns', 'knot'] as const).map((signer) => {
  const name = `types-${signer}.example.`
  return makeZone({
    name,
    signer,
    server: signer === 'ldns' ? 'nsd' : signer,
    records: everyType(),
    probes: ASKED_TYPES.map((type) =>
      secure(`all.${name}`, type, { because: 'data of every type can be signed' }),
    ),
  })
})
