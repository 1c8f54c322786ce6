#!/usr/bin/env node
import { collectGarbageAlone } from './cli/garbage-collection.ts'

collectGarbageAlone()
const { run } = await import('./cli/run.ts')

process.exitCode = await run(process.argv.slice(2))
