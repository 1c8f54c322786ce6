// Lists of revocations (RFC 5280 §5) as files hold them: several in one, each for an authority. What
// they revoke is OpenSSL's business; when they end is ours as well, for a resumed session asks nobody.

const PEM_LIST = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g

/** One PEM text for each list: of a text that holds several, Node.js takes the first alone. */
export function revocationLists(pem: string): string[] {
  return pem.match(PEM_LIST) ?? []
}

export interface ListPeriod {
  /** Milliseconds since 1970: when it was made, and when the next is due; without end if none is. */
  readonly begin: number
  readonly end: number
}

/** Of the list that ends first. @throws TypeError when one cannot be read, or there is none */
export function revocationPeriod(pem: string): ListPeriod {
  const periods = Array.from(pem.matchAll(PEM_LIST), ([, base64]) =>
    periodOf(Buffer.from(base64!, 'base64')),
  )
  return periods.reduce((first, one) => (one.end < first.end ? one : first))
}

const Tag = { Integer: 0x02, UtcTime: 0x17, GeneralizedTime: 0x18 } as const

/** §5.1: a version if it is not the first, algorithm, issuer, thisUpdate, nextUpdate if there is one. */
function periodOf(der: Buffer): ListPeriod {
  const list = element(der, 0)
  const { start } = element(der, list.start)
  let at = element(der, start)
  if (at.tag === Tag.Integer) at = element(der, at.end)
  const issuer = element(der, at.end)
  const thisUpdate = element(der, issuer.end)
  const nextUpdate = element(der, thisUpdate.end)
  const begin = timeOf(der, thisUpdate)
  if (begin === null) throw new TypeError('a list of revocations without its date')
  return { begin, end: timeOf(der, nextUpdate) ?? Number.POSITIVE_INFINITY }
}

interface Element {
  readonly tag: number
  readonly start: number
  readonly end: number
}

/** Reads the head of a DER element (ITU-T X.690 §8.1). */
function element(der: Buffer, at: number): Element {
  const short = der[at + 1] ?? 0
  const octets = short < 0x80 ? 0 : short & 0x7f
  const start = at + 2 + octets
  if (start > der.length || octets > 4) throw new TypeError('a list of revocations that is cut off')
  const length = octets === 0 ? short : der.readUIntBE(at + 2, octets)
  return { tag: der[at]!, start, end: start + length }
}

/** §5.1.2.4: in UTC, with seconds. */
function timeOf(der: Buffer, { tag, start, end }: Element): number | null {
  if (tag !== Tag.UtcTime && tag !== Tag.GeneralizedTime) return null
  const text = der.toString('latin1', start, end)
  const century = tag === Tag.GeneralizedTime ? '' : Number(text.slice(0, 2)) < 50 ? '20' : '19'
  const digits = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + text)
  if (digits === null) return null
  const [year, month, day, hour, minute, second] = digits.slice(1).map(Number)
  return Date.UTC(year!, month! - 1, day, hour, minute, second)
}
