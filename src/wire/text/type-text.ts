// Types, classes, opcodes and response codes by name. Those without a name are written `TYPE65280`
// and `CLASS32` (RFC 3597 §5), and every number may be.

import { Opcode, Rcode } from '../header.ts'
import { parseNumber } from './number-text.ts'
import { RecordClass, RecordType, type TypeName } from '../record-type.ts'

const typeNames = namesByNumber(RecordType)
const classNames = namesByNumber(RecordClass)
const opcodeNames = namesByNumber(Opcode)
const rcodeNames = namesByNumber(Rcode)

/** The name of a type that has one. */
export function typeName(type: number): TypeName | undefined {
  return typeNames.get(type) as TypeName | undefined
}

export function formatType(type: number): string {
  return typeNames.get(type) ?? `TYPE${type}`
}

/** @returns the type's number, or null when there is no such type; either letter case */
export function parseType(text: string): number | null {
  return parseNamed(text, 'TYPE', RecordType)
}

export function formatClass(recordClass: number): string {
  return classNames.get(recordClass) ?? `CLASS${recordClass}`
}

/** @returns the class's number, or null when there is no such class; either letter case */
export function parseClass(text: string): number | null {
  return parseNamed(text, 'CLASS', RecordClass)
}

export function formatOpcode(opcode: number): string {
  return opcodeNames.get(opcode)?.toUpperCase() ?? `OPCODE${opcode}`
}

export function formatRcode(rcode: number): string {
  return rcodeNames.get(rcode)?.toUpperCase() ?? `RCODE${rcode}`
}

function namesByNumber(numbers: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(numbers).map(([name, number]) => [number, name]))
}

function parseNamed(
  text: string,
  prefix: string,
  numbers: Readonly<Record<string, number>>,
): number | null {
  const name = text.toUpperCase()
  if (Object.hasOwn(numbers, name)) return numbers[name]!
  return name.startsWith(prefix) ? parseNumber(name.slice(prefix.length), 0xffff) : null
}
