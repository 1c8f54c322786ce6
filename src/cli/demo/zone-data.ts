// What the demo's DoT server serves, as zone files (RFC 1035 §5), yet unsigned.

/** Lines of the big answer, each a character-string of the longest length (RFC 1035 §3.3). */
const BIG_LINES = 80
const BIG_LINE_LENGTH = 255

/** 80 times 256 octets: 20 KiB, far beyond what UDP takes. */
const bigText = Array.from({ length: BIG_LINES }, (_, i) => {
  const start = `Line ${String(i + 1).padStart(2, '0')} of ${BIG_LINES} `
  return `"${start.padEnd(BIG_LINE_LENGTH, '.')}"`
}).join('\n')

export const DEMO_DOMAIN = 'demo.example'

/** The name in the DoT server's certificate. */
export const SERVER_NAME = `dot.${DEMO_DOMAIN}`

/** A name that the server thinks about before it answers, and for how many milliseconds. */
export const SLOW_NAME = `slow.${DEMO_DOMAIN}`
export const SLOW_DELAY = 1_500

export const DEMO_ZONE = `
$ORIGIN ${DEMO_DOMAIN}.
$TTL 300
@        SOA    ns1 hostmaster 1 7200 900 1209600 60
         NS     ns1
         NS     ns2
         MX     10 mail
         TXT    "v=spf1 mx -all"
         CAA    0 issue "ca.example.org"
         HTTPS  1 . alpn=h2,h3 ipv4hint=192.0.2.10 ipv6hint=2001:db8::10
         A      192.0.2.10
         AAAA   2001:db8::10
ns1      A      192.0.2.1
         AAAA   2001:db8::1
ns2      A      192.0.2.2
mail     A      192.0.2.25
         AAAA   2001:db8::25
www      A      192.0.2.10
         AAAA   2001:db8::10

; A chain of three
shop     CNAME  store
store    CNAME  cart
cart     CNAME  www

_imaps._tcp  SRV  0 1 993 mail
big      TXT    (
${bigText}
)
slow     A      192.0.2.40
`

/** Its signatures have expired. */
export const BROKEN_ZONE = `
$ORIGIN broken.example.
$TTL 300
@        SOA    ns hostmaster 1 7200 900 1209600 60
         NS     ns
ns       A      192.0.2.3
www      A      192.0.2.66
`

export const EXAMPLE_ZONE = `
$ORIGIN example.
$TTL 300
@        SOA    ns hostmaster 1 7200 900 1209600 60
         NS     ns
ns       A      192.0.2.4
demo     NS     ns1.demo
broken   NS     ns.broken
`

export const ROOT_ZONE = `
$ORIGIN .
$TTL 300
@        SOA    ns.example. hostmaster.example. 1 7200 900 1209600 60
         NS     ns.example.
example  NS     ns.example.
`
