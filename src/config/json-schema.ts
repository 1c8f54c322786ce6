// The JSON Schema (2020-12) of the configuration file, for editors, and what our own messages need
// to know of it: which settings there are at a path.

import * as z from 'zod'
import { configSchema } from './config.ts'
import type { Path } from './problem.ts'

export interface JsonSchema {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  /** Of a map whose keys are names that people choose. */
  readonly additionalProperties?: JsonSchema | false
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

let made: JsonSchema | null = null

export function configJsonSchema(): JsonSchema {
  made ??= {
    title: 'dotward configuration',
    ...(z.toJSONSchema(configSchema, { io: 'input', override: addShortForm }) as JsonSchema),
  } as JsonSchema
  return made
}

/** The schema of what stands at a path; null where nothing may stand. */
export function schemaAt(path: Path): JsonSchema | null {
  let schema: JsonSchema | undefined = configJsonSchema()
  for (const step of path) {
    if (typeof step === 'number') schema = schema?.items
    else schema = belowKey(longForm(schema), step)
  }
  return longForm(schema) ?? null
}

function belowKey(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  return schema?.properties?.[key] ?? (schema?.additionalProperties || undefined)
}

/** The names of the settings at a path. */
export function settingsAt(path: Path): string[] {
  return Object.keys(schemaAt(path)?.properties ?? {})
}

function longForm(schema: JsonSchema | undefined): JsonSchema | undefined {
  return schema?.anyOf?.find((one) => one.properties !== undefined) ?? schema
}

/** A setting that may be written as one string instead of a map. */
function addShortForm({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void {
  if (typeof jsonSchema['shortForm'] !== 'string') return
  const { shortForm, ...long } = jsonSchema
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
  jsonSchema['anyOf'] = [{ type: 'string', description: shortForm }, long]
}
