import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { hpackInteger, hpackString, literal } from '../../../../test/support/http2-frames.ts'
import { Method } from '../doh.ts'
import { createHpackScratch, HpackDecoder, MAX_FIELD_BLOCK } from './hpack-decoder.ts'
import { RequestHead } from './request-head.ts'
import { STATIC_TABLE } from './static-table.ts'

const scratch = createHpackScratch()
const head = new RequestHead()

function decode(decoder: HpackDecoder, block: Uint8Array): boolean {
  head.clear()
  return decoder.decode(Buffer.concat([Buffer.of(0xff), block]), 1, 1 + block.length, head)
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** As SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113 §6.5.2). */
const listSize = (fields: readonly string[]): number =>
  fields.reduce((sum, field) => sum + field.length - 2 + 32, 0)

const pathText = (): string =>
  Buffer.from(head.path.subarray(head.pathStart, head.pathEnd)).toString('latin1')

interface Example {
  readonly block: string
  readonly fields: readonly string[]
  readonly tableSize: number
}

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [
    ':method: GET',
    ':scheme: http',
    ':path: /',
    ':authority: www.example.com',
    'cache-control: no-cache',
  ],
  [
    ':method: GET',
    ':scheme: https',
    ':path: /index.html',
    ':authority: www.example.com',
    'custom-key: custom-value',
  ],
] as const

const COOKIE = 'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'
const RESPONSES = [
  [
    ':status: 302',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 307',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    COOKIE,
  ],
] as const

function examples(
  blocks: readonly string[],
  lists: readonly (readonly string[])[],
  sizes: readonly number[],
): Example[] {
  return blocks.map((block, i) => ({ block, fields: lists[i]!, tableSize: sizes[i]! }))
}

/** Blocks of one connection, its table bounded as the example has it. */
function check(bound: number, list: readonly Example[]): void {
  const decoder = new HpackDecoder(scratch)
  decoder.table.resize(bound)
  for (const { block, fields, tableSize } of list) {
    assert.ok(decode(decoder, hex(block)))
    assert.equal(head.listSize, listSize(fields))
    assert.equal(decoder.table.size, tableSize)
    const path = fields.find((field) => field.startsWith(':path: '))
    assert.equal(pathText(), path?.slice(7) ?? '')
    assert.equal(head.isRequest, path !== undefined)
    if (path !== undefined) assert.equal(head.method, Method.Get)
  }
}

suite('the examples of RFC 7541 Appendix C', () => {
  test('C.1: integers', () => {
    assert.deepEqual(hpackInteger(10, 5, 0), Buffer.of(0x0a))
    assert.deepEqual(hpackInteger(1337, 5, 0), hex('1f9a0a'))
    // As the size of the table.
    const decoder = new HpackDecoder(scratch)
    assert.ok(decode(decoder, hex('3f9a0a')))
    assert.ok(decode(decoder, literal('a', 'x'.repeat(1337))))
    assert.equal(head.listSize, 1 + 1337 + 32)
  })

  test('C.2.1: a literal field that is kept', () => {
    const block = '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'
    check(4_096, [{ block, fields: ['custom-key: custom-header'], tableSize: 55 }])
  })

  test('C.2.2: a literal field that is not', () => {
    const decoder = new HpackDecoder(scratch)
    assert.ok(decode(decoder, hex('040c 2f73 616d 706c 652f 7061 7468')))
    assert.equal(pathText(), '/sample/path')
    assert.equal(decoder.table.size, 0)
  })

  test('C.2.3: a literal field that never is', () => {
    const block = '1008 7061 7373 776f 7264 0673 6563 7265 74'
    check(4_096, [{ block, fields: ['password: secret'], tableSize: 0 }])
  })

  test('C.2.4: an indexed field', () => {
    const decoder = new HpackDecoder(scratch)
    assert.ok(decode(decoder, hex('82')))
    assert.equal(head.method, Method.Get)
    assert.equal(decoder.table.size, 0)
  })

  test('C.3: requests without Huffman coding', () => {
    const blocks = [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ]
    check(4_096, examples(blocks, REQUESTS, [57, 110, 164]))
  })

  test('C.4: requests with Huffman coding', () => {
    const blocks = [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ]
    check(4_096, examples(blocks, REQUESTS, [57, 110, 164]))
  })

  test('C.5: responses without Huffman coding, with entries that must go', () => {
    const blocks = [
      '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '4803 3330 37c1 c0bf',
      '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
    ]
    check(256, examples(blocks, RESPONSES, [222, 222, 215]))
  })

  test('C.6: responses with Huffman coding, with entries that must go', () => {
    const blocks = [
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      '4883 640e ffc1 c0bf',
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    ]
    check(256, examples(blocks, RESPONSES, [222, 222, 215]))
  })
})

suite('what cannot be decoded ends the connection', () => {
  const cases: Readonly<Record<string, string>> = {
    'index 0 (§6.1)': '80',
    'an index behind both tables (§2.3.3)': 'be',
    'a name behind both tables (§6.2)': '7e0161',
    'an integer that is cut off (§5.1)': 'ff',
    'an integer without end (§5.1)': 'ff80808080808080808001',
    'an integer that is too large (§5.1)': 'ffffffff0f',
    'a string that is cut off (§5.2)': '000561',
    'a missing value (§6.2)': '000161',
    'a missing name (§6.2)': '00',
    'Huffman padding of zeros (§5.2)': '008118',
    'a table larger than was agreed on (§6.3)': '3fe21f',
    'a table resized behind a field (§4.2)': '8220',
  }
  for (const [name, block] of Object.entries(cases)) {
    test(name, () => assert.equal(decode(new HpackDecoder(scratch), hex(block)), false))
  }
})

test('a few octets that stand for many end the connection, soon (HPACK bomb)', () => {
  const decoder = new HpackDecoder(scratch)
  const large = Buffer.concat([Buffer.of(0x40), hpackString('x'), hpackString('y'.repeat(4_000))])
  assert.ok(decode(decoder, large))
  const references = Buffer.alloc(MAX_FIELD_BLOCK - 10, 0xbe)
  assert.equal(decode(decoder, references), false)
  assert.ok(head.listSize < 140_000)
})

test('an entry that is larger than the table empties it (§4.4)', () => {
  const decoder = new HpackDecoder(scratch)
  assert.ok(decode(decoder, Buffer.concat([Buffer.of(0x40), hpackString('a'), hpackString('b')])))
  assert.equal(decoder.table.count, 1)
  const large = Buffer.concat([Buffer.of(0x40), hpackString('a'), hpackString('b'.repeat(5_000))])
  assert.ok(decode(decoder, large))
  assert.deepEqual([decoder.table.count, decoder.table.size], [0, 0])
})

test('any blocks of an encoder that uses the whole of HPACK are followed to the octet', () => {
  const name = fc.constantFrom(':path', 'user-agent', 'accept', 'x', 'a-name')
  const field = fc.record({
    name,
    value: fc.oneof(
      fc.constantFrom('/a', '/b', 'short'),
      fc
        .string({ unit: 'binary-ascii', maxLength: 900 })
        .map((text) => text.replace(/[\0\n\r]/g, '.')),
    ),
    mode: fc.constantFrom('index', 'keep', 'pass', 'never'),
    huffman: fc.boolean(),
    named: fc.boolean(),
  })
  const size = fc.option(fc.integer({ min: 0, max: 4_096 }), { freq: 4 })
  const blocks = fc.array(fc.record({ size, fields: fc.array(field, { maxLength: 8 }) }))
  fc.assert(
    fc.property(blocks, (list) => {
      const decoder = new HpackDecoder(scratch)
      const model = new ModelTable()
      for (const { size: bound, fields } of list) {
        const pieces: Buffer[] = []
        if (bound !== null) {
          model.resize(bound)
          pieces.push(hpackInteger(bound, 5, 0x20))
        }
        let expected = 0
        let path: string | null = null
        for (const { name: fieldName, value, mode, huffman, named } of fields) {
          expected += fieldName.length + value.length + 32
          if (fieldName === ':path') path = value
          const index = mode === 'index' ? model.find(fieldName, value) : 0
          if (index > 0) {
            pieces.push(hpackInteger(index, 7, 0x80))
            continue
          }
          const nameIndex = named ? model.find(fieldName, null) : 0
          if (mode === 'keep') pieces.push(hpackInteger(nameIndex, 6, 0x40))
          else pieces.push(hpackInteger(nameIndex, 4, mode === 'never' ? 0x10 : 0))
          if (nameIndex === 0) pieces.push(hpackString(fieldName, huffman))
          pieces.push(hpackString(value, huffman))
          if (mode === 'keep') model.add(fieldName, value)
        }
        assert.ok(decode(decoder, Buffer.concat(pieces)))
        assert.equal(head.listSize, expected)
        assert.equal(decoder.table.size, model.size)
        assert.equal(decoder.table.count, model.entries.length)
        if (path !== null) assert.equal(pathText(), path)
      }
    }),
  )
})

test('octets at random never throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (blocks) => {
      const decoder = new HpackDecoder(scratch)
      for (const block of blocks) {
        if (!decode(decoder, block)) return
        assert.ok(decoder.table.size <= 4_096)
      }
    }),
  )
})

/** RFC 7541 §2.3 and §4, as plainly as can be. */
class ModelTable {
  entries: { name: string; value: string }[] = []
  #bound = 4_096

  get size(): number {
    return this.entries.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0)
  }

  resize(bound: number): void {
    this.#bound = bound
    while (this.size > bound) this.entries.pop()
  }

  add(name: string, value: string): void {
    this.entries.unshift({ name, value })
    this.resize(this.#bound)
  }

  /** @param value null for any */
  find(name: string, value: string | null): number {
    const fits = (entry: readonly [string, string]): boolean =>
      entry[0] === name && (value === null || entry[1] === value)
    const all = this.entries.map((entry) => [entry.name, entry.value] as const)
    return 1 + [...STATIC_TABLE, ...all].findIndex(fits)
  }
}
