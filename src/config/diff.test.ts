import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diffConfig } from './diff.ts'
import { parseConfig } from './load.ts'

function configOf(text: string) {
  const loaded = parseConfig({ text, file: 'dotward.yaml', environment: {} })
  assert.ok(loaded.ok)
  return loaded.config
}

const NOTHING = { added: [], removed: [], changed: [] }

test('two readings of one file do not differ', () => {
  assert.deepEqual(diffConfig(configOf(''), configOf('')), {
    sections: [],
    listeners: NOTHING,
    upstreams: NOTHING,
  })
})

test('sections, listeners and upstreams that differ are told', () => {
  const before = configOf(`
listeners: [{ port: 5300 }, { port: 5301 }]
upstreams: [{ name: a, address: 1.1.1.1 }, { name: b, address: 9.9.9.9 }]
`)
  const after = configOf(`
listeners: [{ port: 5300, protocols: [udp] }, { port: 5302 }]
upstreams: [{ name: b, address: 9.9.9.9, port: 8853 }, { name: c, address: 8.8.8.8 }]
cache: { maxTtl: 1h }
`)
  const { sections, listeners, upstreams } = diffConfig(before, after)
  assert.deepEqual(sections, ['listeners', 'upstreams', 'cache'])
  assert.deepEqual(listeners, {
    added: [after.listeners[1]],
    removed: [before.listeners[1]],
    changed: [after.listeners[0]],
  })
  assert.deepEqual(upstreams, {
    added: [after.upstreams[1]],
    removed: [before.upstreams[0]],
    changed: [after.upstreams[0]],
  })
})

test('the order of upstreams is a difference of the section', () => {
  const before = configOf('upstreams: [1.1.1.1, 9.9.9.9]')
  const after = configOf('upstreams: [9.9.9.9, 1.1.1.1]')
  const { sections, upstreams } = diffConfig(before, after)
  assert.deepEqual(sections, ['upstreams'])
  assert.deepEqual(upstreams, NOTHING)
})
