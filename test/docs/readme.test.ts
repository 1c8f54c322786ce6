// What the documents say is so: links, commands, examples, and the demo's output in the README.

import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { writeDocumentedFiles } from '../support/documented-files.ts'
import { ConfigFile, runDotward } from '../support/dotward.ts'
import { freePort } from '../support/processes.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DOCUMENTS = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT })

const read = (document: string): string => readFileSync(join(ROOT, document), 'utf8')

/** The fenced blocks of a document, by language; '' for those without. */
function blocks(document: string, language: string): string[] {
  const fences = read(document).matchAll(/^```(\w*)\n(.*?)^```$/gms)
  return Array.from(fences).flatMap(([, tag, body]) => (tag === language ? [body!] : []))
}

/** What differs from run to run: times, tags of keys, and ports that the system chooses. */
function withoutFigures(text: string): string {
  return text
    .replaceAll(/\d+\.\d+(?=$| ms)/gm, 'N')
    .replaceAll(/\d+ ms/g, 'N ms')
    .replaceAll(/(port |-p |-port=|key )\d+/g, '$1N')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME')
    .replaceAll(/ +/g, ' ')
    .trim()
}

test('there is a README', () => {
  assert.ok(DOCUMENTS.includes('README.md'))
})

for (const document of DOCUMENTS) {
  describe(document, () => {
    test('its links lead to files that are there', () => {
      for (const [, target] of read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue
        assert.ok(existsSync(join(ROOT, dirname(document), target!)), target)
      }
    })

    test('the npm scripts that it names exist', () => {
      const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
      for (const [, name] of read(document).matchAll(/npm run ([\w:]+)/g)) {
        assert.ok(Object.hasOwn(scripts, name!), `npm run ${name}`)
      }
    })

    test('its configurations are valid', async () => {
      for (const yaml of blocks(document, 'yaml')) {
        // Where it runs as a service, its folder for state is there.
        using file = new ConfigFile(yaml.replaceAll('/var/lib/dotward/', './'))
        writeDocumentedFiles(file.dir)
        await using check = runDotward(['check', '-c', file.path])
        const { code, output } = await check.exited
        assert.equal(code, 0, `${yaml}\n${output}`)
      }
    })
  })
}

test('the README shows what the demo prints', async () => {
  const shown = blocks('README.md', '').concat(blocks('README.md', 'text'))
  const sample = shown.find((block) => block.includes('every answer is right'))
  assert.ok(sample !== undefined, 'the README has a block with the output of the demo')
  await using demo = runDotward(['demo', '--port', `${await freePort()}`])
  await demo.printed(/Ctrl-C ends it/)
  const { output } = await demo.stop('SIGINT')
  assert.ok(
    withoutFigures(output).includes(withoutFigures(sample)),
    `the README differs from what the demo prints:\n${output}`,
  )
})
