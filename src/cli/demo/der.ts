// The few kinds of DER values (ITU-T X.690 §8 to §10) that a certificate is made of.

const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  Sequence: 0x30,
  Set: 0x31,
} as const

/** One value: tag, length and content. */
export type Der = Buffer

function value(tag: number, content: Uint8Array): Der {
  return Buffer.concat([Buffer.of(tag, ...lengthOctets(content.length)), content])
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest & 0xff)
  return [0x80 | octets.length, ...octets]
}

export function sequence(...parts: readonly Der[]): Der {
  return value(Tag.Sequence, Buffer.concat(parts))
}

/** A set of one; more would have to be sorted. */
export function setOf(part: Der): Der {
  return value(Tag.Set, part)
}

export function boolean(is: boolean): Der {
  return value(Tag.Boolean, Buffer.of(is ? 0xff : 0))
}

/** A whole number that is not negative. @param octets big-endian, at least one */
export function integer(octets: Uint8Array): Der {
  let at = 0
  while (at < octets.length - 1 && octets[at] === 0) at++
  const shortest = octets.subarray(at)
  // The top bit is the sign.
  const sign = shortest[0]! >= 0x80 ? [0] : []
  return value(Tag.Integer, Buffer.from([...sign, ...shortest]))
}

export function bitString(octets: Uint8Array, unusedBits = 0): Der {
  return value(Tag.BitString, Buffer.from([unusedBits, ...octets]))
}

export function octetString(octets: Uint8Array): Der {
  return value(Tag.OctetString, octets)
}

export function utf8String(text: string): Der {
  return value(Tag.Utf8String, Buffer.from(text))
}

/** @param dotted such as `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Der {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  const octets = [first! * 40 + second!, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return value(Tag.ObjectIdentifier, Buffer.from(octets))
}

/** In whole seconds; two digits of the year up to 2049, all four from 2050 (RFC 5280 §4.1.2.5). */
export function time(date: Date): Der {
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/\D/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? value(Tag.UtcTime, Buffer.from(digits.slice(2)))
    : value(Tag.GeneralizedTime, Buffer.from(digits))
}

/** `[number]` around whole values. */
export function explicit(number: number, content: Der): Der {
  return value(0xa0 | number, content)
}

/** `[number]` in place of the tag of a simple value. */
export function implicit(number: number, content: Uint8Array): Der {
  return value(0x80 | number, content)
}
