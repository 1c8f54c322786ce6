// Writes docs/dotward.schema.json, the JSON Schema of the configuration file. A test fails when
// the committed file is not what this writes.

import { writeFileSync } from 'node:fs'
import { configJsonSchema } from '../src/config/json-schema.ts'

const target = new URL('../docs/dotward.schema.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
