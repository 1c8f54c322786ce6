// Random names, RDATA, records and messages for property tests: all that the wire can carry.

import type { Arbitrary } from 'fast-check'
import * as fc from 'fast-check'
import { RCODE_MASK } from '../../src/wire/header.ts'
import type { Edns, Message, Question, ResourceRecord } from '../../src/wire/codec/message.ts'
import { MAX_NAME_LENGTH } from '../../src/wire/name.ts'
import { checkRdata } from '../../src/wire/rdata-check.ts'
import { writeRdata } from '../../src/wire/codec/rdata-codec.ts'
import {
  type FieldKind,
  type FieldValue,
  type Fields,
  type LaidOutType,
  type Layout,
  layouts,
} from '../../src/wire/codec/rdata-layout.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import type { SvcParam } from '../../src/wire/codec/svc-params.ts'

/** As `fc.record`, its objects always plain ones, as the codec makes them. */
function recordOf<T>(model: { [Key in keyof T]: Arbitrary<T[Key]> }): Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as Arbitrary<T>
}

export const uint8 = fc.integer({ min: 0, max: 0xff })
export const uint16 = fc.integer({ min: 0, max: 0xffff })
export const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })

export function octets(minLength: number, maxLength: number): Arbitrary<Uint8Array> {
  // Special characters of presentation text are as likely as all other octets together.
  const octet = fc.oneof(uint8, fc.constantFrom(...Buffer.from('.\\"\'@$();, \t\r\n=*0aZ\0')))
  return fc.array(octet, { minLength, maxLength }).map((values) => Uint8Array.from(values))
}

/** Names of any octets, up to the longest; now and then several with an ending in common. */
export const name: Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(fc.oneof(octets(1, 6), octets(1, 63)), { maxLength: 8 }),
    fc.constantFrom('\0', '\x07example\x03org\0', '\x07Example\x03org\0', '\x03org\0'),
  )
  .map(([labels, ending]) => {
    const suffix = [...Buffer.from(ending)]
    let wire = suffix
    for (const label of labels) {
      const longer = [label.length, ...label, ...wire]
      if (longer.length <= MAX_NAME_LENGTH) wire = longer
    }
    return Uint8Array.from(wire)
  })

const types = fc.uniqueArray(fc.oneof(fc.constantFrom(1, 2, 46, 257), uint16), { maxLength: 20 })
const ascending = types.map((values) => values.sort((a, b) => a - b))

const alpn = fc
  .array(octets(1, 20), { minLength: 1, maxLength: 4 })
  .map((items) => Uint8Array.from(items.flatMap((item) => [item.length, ...item])))

function repeated(length: number): Arbitrary<Uint8Array> {
  return fc.array(octets(length, length), { minLength: 1, maxLength: 3 }).map((items) => {
    return Uint8Array.from(items.flatMap((item) => [...item]))
  })
}

const svcParams: Arbitrary<SvcParam[]> = fc
  .record(
    {
      1: alpn,
      2: fc.constant(new Uint8Array(0)),
      3: octets(2, 2),
      4: repeated(4),
      5: octets(1, 40),
      6: repeated(16),
      7: octets(0, 40),
      8: fc.constant(new Uint8Array(0)),
      667: octets(0, 40),
      65_535: octets(0, 40),
    },
    { requiredKeys: [] },
  )
  .chain((params) => {
    const list = Object.entries(params).map(([key, value]) => ({ key: Number(key), value }))
    // RFC 9460 §7.1.1: no-default-alpn must not stand without alpn.
    const whole = list.filter(({ key }) => key !== 2 || params[1] !== undefined)
    if (whole.length === 0) return fc.constant(whole)
    return fc.subarray(whole).map((some) => {
      const value = Uint8Array.from(some.flatMap(({ key }) => [key >>> 8, key & 0xff]))
      return some.length === 0 ? whole : [{ key: 0, value }, ...whole]
    })
  })

const kinds: { readonly [Kind in FieldKind]: Arbitrary<FieldValue<Kind>> } = {
  uint8,
  uint16,
  uint32,
  ttl: uint32,
  time: uint32,
  type: uint16,
  algorithm: uint8,
  protocol: uint8,
  ipv4: octets(4, 4),
  ipv6: fc.oneof(octets(16, 16), fc.constantFrom(mapped(0), mapped(0xffff), new Uint8Array(16))),
  name,
  expandedName: name,
  signerName: name,
  exactName: name,
  hex: octets(0, 80),
  base64: octets(0, 80),
  string: fc.oneof(octets(0, 20), octets(0, 255)),
  text: octets(0, 300),
  tag: fc.stringMatching(/^[0-9a-zA-Z]{1,15}$/).map((text) => new Uint8Array(Buffer.from(text))),
  salt: octets(0, 20),
  hash: octets(1, 32),
  strings: fc.array(octets(0, 255), { minLength: 1, maxLength: 4 }),
  types: ascending,
  ports: ascending,
  svcParams,
}

/** 192.0.2.1 behind 80 zero bits and 16 bits of `before`. */
function mapped(before: number): Uint8Array {
  return Uint8Array.from([...Array(10).fill(0), before & 0xff, before & 0xff, 192, 0, 2, 1])
}

/** Fields that fit the type. */
export function fieldsOf<Type extends LaidOutType>(type: Type): Arbitrary<Fields<Type>> {
  const layout: Layout = layouts[type]
  const entries = Object.entries(layout).map(([field, kind]) => [field, kinds[kind]])
  return fc.record(Object.fromEntries(entries)) as Arbitrary<Fields<Type>>
}

/** A type that is known, with RDATA that fits it and that an answer may hold. */
const knownRdata = fc
  .constantFrom(...(Object.keys(layouts) as LaidOutType[]))
  .chain((type) =>
    fieldsOf(type).map((fields) => ({ type: RecordType[type], rdata: writeRdata(type, fields) })),
  )
  .filter(({ type, rdata }) => checkRdata(rdata, 0, type, 0, rdata.length))

const unknownRdata = recordOf({
  type: fc.integer({ min: 65_280, max: 65_534 }),
  rdata: octets(0, 60),
})

const owned = recordOf({ name, class: fc.oneof(fc.constant(1), uint16), ttl: uint32 })

export const record: Arbitrary<ResourceRecord> = fc
  .tuple(owned, fc.oneof({ arbitrary: knownRdata, weight: 9 }, unknownRdata))
  .map(([owner, rdata]) => ({ ...owner, ...rdata }))

const question: Arbitrary<Question> = recordOf({ name, type: uint16, class: uint16 })

const edns: Arbitrary<Edns> = recordOf({
  udpSize: uint16,
  version: uint8,
  flags: uint16,
  options: fc.array(recordOf({ code: uint16, data: octets(0, 30) }), { maxLength: 4 }),
})

const section = fc.array(record, { maxLength: 6 })

/** Messages of any flags and sections; the upper rcode bits only where EDNS carries them. */
export const message: Arbitrary<Message> = recordOf<Message>({
  id: uint16,
  flags: uint16.map((word) => word & 0x87f0),
  opcode: fc.integer({ min: 0, max: 15 }),
  rcode: fc.integer({ min: 0, max: 0xfff }),
  questions: fc.array(question, { maxLength: 2 }),
  answers: section,
  authorities: section,
  additionals: section,
  edns: fc.option(edns),
}).map((value) => (value.edns ? value : { ...value, rcode: value.rcode & RCODE_MASK }))
