import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { formatAnchorState } from '../dnssec/anchors/anchor-state.ts'
import { parseConfig } from './load.ts'
import { formatProblem } from './problem.ts'
import { summarize } from './summary.ts'

const DS = 'DS 20326 8 2 e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d'

const folder = mkdtempSync(join(tmpdir(), 'dotward-anchors-'))
after(() => rmSync(folder, { recursive: true }))
const files: Readonly<Record<string, string>> = {
  anchors: `corp.example. ${DS}\n`,
  root: `. ${DS}\ncorp.example. ${DS}\n`,
  bad: `. ${DS}\n. DS 1 8 2 00\n\nexample. TXT no\n`,
  weak: `. DS 1 8 1 ${'00'.repeat(20)}\ncorp.example. DS 1 5 2 ${'00'.repeat(32)}\n`,
  empty: '; nothing yet\n',
  state: formatAnchorState(new Map()),
}
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
mkdirSync(join(folder, 'folder'))

function load(dnssec: string, rest = '') {
  const text = `dnssec: ${dnssec}\n${rest}`
  return parseConfig({ text, file: join(folder, 'dotward.yaml'), environment: {} })
}

suite('the section dnssec', () => {
  for (const right of [
    '{}',
    '{ mode: off }',
    '{ mode: validate, trustAnchors: anchors, anchorState: state }',
    '{ trustAnchors: weak, acceptSha1: true }',
    '{ anchorState: folder/new, acceptSha1: true, followRollOvers: false }',
    '{ negativeTrustAnchors: [{ domain: a.example., until: 2026-12-01T18:30+01:00 }] }',
  ]) {
    test(`may be ${right}`, () => {
      const loaded = load(right)
      assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
    })
  }

  const time = 'is not a time; write it as 2026-12-01 or 2026-12-01T18:30:00Z'
  const wrong: readonly (readonly [string, string])[] = [
    ['{ mode: strict }', 'dotward.yaml:1:17 dnssec.mode: "strict" is not known to this version'],
    ['{ trustAnchors: nowhere }', 'dnssec.trustAnchors: FOLDER/nowhere does not exist'],
    ['{ trustAnchors: bad }', 'FOLDER/bad:2:1: a digest of type 2 has 32 octets, not 1; copy'],
    ['{ trustAnchors: bad }', 'FOLDER/bad:4:1: TXT is not DS or DNSKEY; write it as'],
    ['{ trustAnchors: empty }', 'FOLDER/empty:1:1: holds no trust anchor; add a DS'],
    ['{ trustAnchors: weak }', 'dnssec.trustAnchors: the anchors of . need SHA-1, which'],
    ['{ trustAnchors: weak }', 'the anchors of corp.example. need SHA-1, which proves nothing'],
    ['{ anchorState: nowhere/x }', 'dnssec.anchorState: FOLDER/nowhere does not exist; make'],
    ['{ anchorState: folder }', 'dnssec.anchorState: FOLDER/folder is a folder; give the path'],
    [
      '{ anchorState: anchors }',
      'FOLDER/anchors was not written by dotward; name a file of its own',
    ],
    ['{ negativeTrustAnchors: [a.example] }', '[0]: "a.example" has no end; write { domain: NAME'],
    ['{ negativeTrustAnchors: [5] }', 'negativeTrustAnchors[0]: 5 is not a map'],
    ['{ negativeTrustAnchors: [{ domain: a.example }] }', '[0].until: is missing; add it'],
    [
      '{ negativeTrustAnchors: [{ domain: "*.a.example", until: x }] }',
      'write a.example: it stands',
    ],
    ['{ negativeTrustAnchors: [{ domain: a.example, until: 1d }] }', `until: "1d" ${time}`],
    [
      '{ negativeTrustAnchors: [{ domain: a.example, until: 2026-02-31 }] }',
      `until: "2026-02-31" ${time}`,
    ],
    [
      '{ negativeTrustAnchors: [{ domain: a.example, until: 2026-12-01T18:30 }] }',
      `until: "2026-12-01T18:30" ${time}`,
    ],
    [
      '{ negativeTrustAnchors: [{ domain: a.example, until: 2026-12-01 }, { domain: A.example., until: 2026-12-02 }] }',
      'negativeTrustAnchors[1].domain: is that of negativeTrustAnchors[0]; leave one out',
    ],
  ]
  for (const [dnssec, problem] of wrong) {
    test(`cannot be ${dnssec}`, () => {
      const loaded = load(dnssec)
      assert.equal(loaded.ok, false)
      const problems = loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n')
      assert.ok(problems.includes(problem.replace('FOLDER', folder)), problems)
    })
  }

  test('is told on one screen', () => {
    const summaryOf = (dnssec: string, rest = '') => {
      const loaded = load(dnssec, rest)
      const lines = loaded.ok ? summarize(loaded.config) : []
      const [first, ...others] = lines.slice(lines.findIndex((line) => line.startsWith('dnssec')))
      const end = others.findIndex((line) => !line.startsWith(' '))
      const rows = [first!, ...(end === -1 ? others : others.slice(0, end))]
      return rows.map((line) => line.slice('answer within  '.length))
    }
    assert.deepEqual(summaryOf('{ mode: off }'), ['off: nobody is asked for signatures'])
    assert.deepEqual(summaryOf('{ mode: validate }'), [
      'validated; trust anchors of . built in',
      'new keys are learnt, and forgotten at a restart',
    ])
    const some =
      '{ mode: validate, trustAnchors: anchors, followRollOvers: false, negativeTrustAnchors: [{ domain: a.example, until: 2026-12-01 }] }'
    const routes = 'routes: [{ domains: [b.example], upstreams: [default], dnssec: insecure }]'
    assert.deepEqual(summaryOf(some, routes), [
      `validated; trust anchors of . built in, of corp.example. from ${folder}/anchors`,
      'new keys are not learnt',
    ])
    assert.match(
      summaryOf('{ mode: validate, trustAnchors: root, anchorState: state }').join('\n'),
      /trust anchors of \. corp\.example\. from .*\nnew keys are learnt, and kept in .*state$/,
    )
  })
})
