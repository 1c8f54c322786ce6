import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mutator } from '../../fuzz/mutator.ts'
import { feed, isSeenByNode } from '../support/http1-feed.ts'
import { requests } from '../../fuzz/http1.ts'

test('however octets are cut, the same requests are seen and the same responses sent', () => {
  const mutate = mutator(1)
  for (let round = 0; round < 2_000; round++) {
    const octets = mutate.octets(requests(mutate))
    const cuts = Array.from({ length: mutate.below(8) }, () => mutate.below(octets.length + 1))
    assert.deepEqual(feed(octets, cuts), feed(octets, []))
  }
})

test('no request is seen where Node.js sees another (RFC 9112 §11.2)', async () => {
  const mutate = mutator(2)
  for (let round = 0; round < 1_000; round++) {
    const octets = mutate.octets(requests(mutate))
    const { asked } = feed(octets, [])
    assert.ok(await isSeenByNode(octets, asked), Buffer.from(octets).toString('latin1'))
  }
})
