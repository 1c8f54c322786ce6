// Engines whose packages are not in every installation.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ConfigFile, MAIN } from '../support/dotward.ts'
import { startProgram } from '../support/processes.ts'

const SECRET = 'a secret of some length'

/** Has a program find no such package. */
function without(name: string): string {
  const code = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(specifier, context, next) {
        return next(specifier === '${name}' ? 'no-such-package' : specifier, context)
      },
    })`
  return `data:text/javascript,${encodeURIComponent(code)}`
}

suite('a store whose package is not installed', () => {
  for (const [name, store] of [
    ['mongodb', { kind: 'mongodb', url: 'mongodb://192.0.2.1/', secret: SECRET }],
    ['lmdb', { kind: 'disk', path: 'answers', secret: SECRET }],
  ] as const) {
    test(`${name} is a problem that tells how to install it`, async () => {
      using file = new ConfigFile({ cache: { store } })
      for (const command of ['check', 'serve']) {
        const args = ['--import', without(name), MAIN, command, '-c', file.path]
        const { code, output } = await startProgram(process.execPath, args).exited
        assert.equal(code, 1, output)
        assert.match(output, new RegExp(`cache\\.store\\.kind.*npm install ${name}`))
      }
    })
  }
})
