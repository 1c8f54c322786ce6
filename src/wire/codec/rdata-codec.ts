// RDATA between wire form and fields, by the table of rdata-layout.ts.

import type { FieldCodec } from './field-codec.ts'
import { OctetReader } from './octet-reader.ts'
import { OctetWriter } from './octet-writer.ts'
import {
  type FieldKind,
  type Fields,
  fieldKinds,
  type LaidOutType,
  type Layout,
  layoutOf,
  layouts,
} from './rdata-layout.ts'

/** Fields of any type, by name. */
export type AnyFields = Readonly<Record<string, unknown>>

/**
 * Reads the fields of RDATA that stands alone, its names uncompressed.
 *
 * @returns null when the RDATA does not fit its type exactly
 */
export function readRdata<Type extends LaidOutType>(
  type: Type,
  rdata: Uint8Array,
): Fields<Type> | null {
  return readFields(layouts[type], rdata) as Fields<Type> | null
}

/** Writes fields as RDATA, names uncompressed. The values must fit their fields. */
export function writeRdata<Type extends LaidOutType>(type: Type, fields: Fields<Type>): Uint8Array {
  const writer = new OctetWriter({ names: 'plain' })
  writeFields(layouts[type], fields, writer)
  return writer.finish()
}

/** Whether RDATA that stands alone fits its type exactly; opaque RDATA always does. */
export function isValidRdata(type: number, rdata: Uint8Array): boolean {
  const layout = layoutOf(type)
  return layout === undefined || readFields(layout, rdata) !== null
}

/**
 * The form of RDATA that signatures are made over (RFC 4034 §6.2, RFC 6840 §5.1): names of the
 * older types in lower case. RDATA that does not fit its type stays as it is.
 */
export function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  const writer = new OctetWriter({ names: 'canonical' })
  appendRdata(type, rdata, writer)
  return writer.finish()
}

/** Writes standalone RDATA with its names in the writer's form. */
export function appendRdata(type: number, rdata: Uint8Array, writer: OctetWriter): void {
  const layout = layoutOf(type)
  const fields = layout !== undefined && hasName(layout) ? readFields(layout, rdata) : null
  if (layout === undefined || fields === null) writer.octets(rdata)
  else writeFields(layout, fields, writer)
}

/**
 * Takes RDATA out of a message: names of the older types lose their compression (RFC 3597 §4),
 * all other RDATA is copied as it is, whether it fits its type or not.
 *
 * @returns null when a name is malformed, or the fields around it do not fit
 */
export function extractRdata(
  message: Uint8Array,
  type: number,
  at: number,
  end: number,
): Uint8Array | null {
  const layout = layoutOf(type)
  if (layout === undefined || !mayBeCompressed(layout)) return message.slice(at, end)
  const fields = takeFields(layout, new OctetReader({ bytes: message, at, end, inMessage: true }))
  if (fields === null) return null
  const writer = new OctetWriter({ names: 'plain' })
  writeFields(layout, fields, writer)
  return writer.finish()
}

/** As `readRdata`, for a row that is known only at run time. */
export function readFields(layout: Layout, rdata: Uint8Array): AnyFields | null {
  return takeFields(layout, new OctetReader({ bytes: rdata }))
}

function takeFields(layout: Layout, reader: OctetReader): AnyFields | null {
  const fields: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(layout)) fields[name] = codecOf(kind).read(reader)
  return reader.failed || reader.left > 0 ? null : fields
}

function writeFields(layout: Layout, fields: AnyFields, writer: OctetWriter): void {
  for (const [name, kind] of Object.entries(layout)) codecOf(kind).write(writer, fields[name])
}

/** A kind's codec without the type of its value: rows and fields are matched by the callers. */
export function codecOf(kind: FieldKind): FieldCodec<unknown> {
  return fieldKinds[kind]
}

function mayBeCompressed(layout: Layout): boolean {
  return Object.values(layout).some((kind) => kind === 'name' || kind === 'expandedName')
}

function hasName(layout: Layout): boolean {
  return mayBeCompressed(layout) || Object.values(layout).includes('signerName')
}
