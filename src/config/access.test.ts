import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import * as fc from 'fast-check'
import { readCertificateName } from './certificate-name.ts'
import { parseConfig } from './load.ts'
import { formatProblem } from './problem.ts'

function problemsOf(text: string): string[] {
  const loaded = parseConfig({ text, file: 'dotward.yaml', environment: {} })
  return loaded.ok ? [] : loaded.problems.map(formatProblem)
}

/** Settings, and what is wrong with them: nothing when it is fine. */
const CASES: readonly (readonly [what: string, text: string, ...problems: string[]])[] = [
  [
    'an unknown group',
    'access: { allow: ["@staf"], groups: { staff: { ranges: [10.0.0.0/8] } } }',
    '1:19 access.allow[0]: there is no group "staf"; did you mean @staff?',
  ],
  [
    'an unknown group without limits',
    'rateLimit: { exempt: ["@toString"] }',
    '1:23 rateLimit.exempt[0]: there is no group "toString"; name it under access.groups',
  ],
  [
    'an unknown group at a listener',
    'listeners: [{ access: { deny: ["@__proto__"] } }]',
    '1:32 listeners[0].access.deny[0]: there is no group "__proto__"; name it under access.groups',
  ],
  [
    'a group in a group',
    'access: { groups: { a: { ranges: ["@a"] } } }',
    '1:35 access.groups.a.ranges[0]: a group holds no other groups; name its ranges',
  ],
  [
    'a group of nobody',
    'access: { groups: { a: {} } }',
    '1:24 access.groups.a: nobody is in this group; give it ranges or certificates',
  ],
  [
    'a group with a name that cannot be written elsewhere',
    'access: { groups: { "a b": { ranges: [10.0.0.0/8] } } }',
    '1:28 access.groups.a b: "a b" is not the name of a group; use letters, digits, "_" and "-"',
  ],
  [
    'a range in two groups',
    'access: { groups: { a: { ranges: [10.0.0.0/8] }, b: { ranges: ["::ffff:10.0.0.0/104"] } } }',
    '1:64 access.groups.b.ranges[0]: 10.0.0.0/8 stands in the group a already; leave one out',
  ],
  [
    'a certificate in two groups',
    'access: { groups: { a: { certificates: [db.example.org] }, b: { certificates: ["DNS:DB.example.org"] } } }',
    '1:80 access.groups.b.certificates[0]: DNS:db.example.org stands in the group a already; leave one out',
  ],
  [
    'a range that stands twice',
    'access: { allow: [192.0.2.1, 192.0.2.1/32] }',
    '1:30 access.allow[1]: 192.0.2.1/32 stands twice; leave one out',
  ],
  [
    'a group both allowed and denied',
    'access: { allow: ["@a"], deny: ["@a"], groups: { a: { certificates: ["CN=a"] } } }',
    '1:33 access.deny[0]: @a is allowed as well; leave one out',
  ],
  [
    'a range denied by itself and allowed by a group',
    'access: { allow: ["@a"], deny: [10.0.0.0/8], groups: { a: { ranges: [10.0.0.0/8] } } }',
    '1:33 access.deny[0]: 10.0.0.0/8 is allowed as well; leave one out',
  ],
  [
    'a range denied by a group and allowed by another',
    'access: { allow: [10.0.0.0/8], deny: ["@a"], groups: { a: { ranges: [10.0.0.0/8] } } }',
    '1:39 access.deny[0]: 10.0.0.0/8 in @a is allowed as well; leave one out',
  ],
  [
    'a listener that allows what all deny',
    'listeners: [{ access: { allow: [10.0.0.0/8] } }]\naccess: { allow: [], deny: [10.0.0.0/8] }',
    '1:33 listeners[0].access.allow[0]: 10.0.0.0/8 is denied by access.deny, which holds here too; leave it out, or give this listener a deny of its own',
  ],
  [
    'a listener that denies what all may',
    'listeners: [{ access: { deny: [10.0.0.0/8] } }]\naccess: { allow: [10.0.0.0/8] }',
    '1:32 listeners[0].access.deny[0]: 10.0.0.0/8 is allowed as well; leave one out',
  ],
  [
    'a listener with a deny of its own',
    'listeners: [{ access: { allow: [10.0.0.0/8], deny: [] } }]\naccess: { allow: [], deny: [10.0.0.0/8] }',
  ],
  [
    'groups at a listener',
    'listeners: [{ access: { groups: {} } }]',
    '1:25 listeners[0].access.groups: is not known to this version of dotward; remove it; known here: allow, deny, onDeny',
  ],
  [
    'bits behind the prefix of an IPv4-mapped range',
    'access: { allow: ["::ffff:10.0.0.1/104"] }',
    '1:19 access.allow[0]: "::ffff:10.0.0.1/104" has bits set behind its prefix; write 10.0.0.0/8',
  ],
  [
    'a file without a name',
    'access: { allow: ["file:"] }',
    '1:19 access.allow[0]: "file:" names no file; write file:PATH',
  ],
]

suite('access that cannot be meant', () => {
  for (const [what, text, ...problems] of CASES) {
    test(what, () => {
      assert.deepEqual(
        problemsOf(text),
        problems.map((problem) => `dotward.yaml:${problem}`),
      )
    })
  }

  test('is told of names in certificates', () => {
    for (const name of ['""', '"CN="', '"CN= a"', '"DNS:a b"', '"IP:db.example.org"', '"*"', '7']) {
      const [problem, ...more] = problemsOf(
        `access: { groups: { a: { certificates: [${name}] } } }`,
      )
      assert.match(problem!, /certificates\[0\]: .* is not a name.*; write CN=NAME/, name)
      assert.deepEqual(more, [])
    }
    for (const name of ['a.*.example.org', 'URI:*', 'URI:spiffe://example.org/*', 'email:a']) {
      assert.equal(problemsOf(`access: { groups: { a: { certificates: ["${name}"] } } }`).length, 1)
    }
  })
})

test('names in certificates are told apart by their looks, and brought to one form', () => {
  const written = {
    'DNS:sidecar.mesh.example': ['Sidecar.Mesh.example.', 'DNS:sidecar.mesh.example'],
    'DNS:*.mesh.example': ['*.mesh.example'],
    'DNS:xn--bcher-kva.example': ['bücher.example'],
    'URI:spiffe://mesh.example/db': ['spiffe://mesh.example/db', 'URI:spiffe://mesh.example/db'],
    'URI:urn:uuid:1': ['urn:uuid:1'],
    'IP:2001:db8::1': ['IP:2001:DB8:0::1'],
    'email:ops@example.org': ['email:ops@example.org'],
    'CN=The printer, 2nd floor': ['CN=The printer, 2nd floor'],
  }
  for (const [name, forms] of Object.entries(written)) {
    for (const form of forms) {
      const text = JSON.stringify({ access: { groups: { a: { certificates: [form] } } } })
      const loaded = parseConfig({ text, file: null, environment: {} })
      assert.ok(loaded.ok, form)
      assert.deepEqual(loaded.config.access.groups['a']!.certificates, [name])
    }
  }
})

test('a name in a certificate once read is read as itself, and nothing makes the reader throw', () => {
  const kind = fc.constantFrom('', 'CN=', 'DNS:', 'URI:', 'IP:', 'email:', '*.', 'spiffe://')
  const value = fc.oneof(
    fc.string(),
    fc.domain(),
    fc.ipV4(),
    fc.ipV6(),
    fc.emailAddress(),
    fc.webUrl(),
  )
  fc.assert(
    fc.property(kind, value, (prefix, text) => {
      const name = readCertificateName(prefix + text)
      if (typeof name === 'string') assert.equal(readCertificateName(name), name)
    }),
    { numRuns: 2_000 },
  )
})

suite('files of ranges', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dotward-ranges-'))
  after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'ranges.txt')
  const load = (text: string) =>
    parseConfig({ text, file: join(dir, 'dotward.yaml'), environment: {} })

  test('are found from the folder of the file, wherever they are named', () => {
    writeFileSync(file, '192.0.2.0/24\n')
    const entry = '"file:ranges.txt"'
    const loaded = load(
      `access: { allow: [${entry}], groups: { a: { ranges: [${entry}] } } }\n` +
        `listeners: [{ access: { allow: [${entry}] } }]\nrateLimit: { exempt: [${entry}] }`,
    )
    assert.ok(loaded.ok)
    const { access, listeners, rateLimit } = loaded.config
    for (const entries of [
      access.allow,
      access.groups['a']!.ranges,
      listeners[0]!.access!.allow,
      rateLimit.exempt,
    ]) {
      assert.deepEqual(entries, [`file:${file}`])
    }
  })

  test('must be there', () => {
    const loaded = load('access: { deny: ["file:none.txt"] }')
    assert.ok(!loaded.ok)
    assert.deepEqual(loaded.problems.map(formatProblem), [
      `${join(dir, 'dotward.yaml')}:1:18 access.deny[0]: ${join(dir, 'none.txt')} does not exist; check the path`,
    ])
  })

  test('are told by their own lines, and not to the end of a wrong file', () => {
    writeFileSync(file, `10.0.0.0/8\n10.0.0.1/8\n@staff\n${'x\n'.repeat(1000)}`)
    const loaded = load(
      'access: { allow: ["file:ranges.txt"] }\nrateLimit: { exempt: ["file:ranges.txt"] }',
    )
    assert.ok(!loaded.ok)
    const lines = loaded.problems.map(formatProblem)
    assert.equal(
      lines[0],
      `${file}:2:1: "10.0.0.1/8" has bits set behind its prefix; write 10.0.0.0/8`,
    )
    assert.match(lines[1]!, /:3:1: "@staff" is not an IPv4 or IPv6 address or prefix; give a range/)
    assert.equal(lines.length, 10)
  })
})
