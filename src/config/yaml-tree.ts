// YAML text -> plain values, and where each of them stands. A document that is no plain tree of
// maps, lists and scalars, or that unfolds beyond all measure, is told as problems.

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type YAMLError,
} from 'yaml'
import { Origins } from './origins.ts'
import { formatPath, type Origin, type Path, type Problem } from './problem.ts'

/** A file of ours takes kilobytes; long access lists take hundreds. */
const MAX_LENGTH = 4 * 1024 * 1024
/** Values, counted after aliases are unfolded: a few short ones can stand for billions. */
const MAX_VALUES = 250_000
const MAX_DEPTH = 32

export interface YamlTree {
  /** Maps have no prototype; a key without a value is there, undefined. */
  readonly value: unknown
  readonly origins: Origins
  readonly problems: readonly Problem[]
  /** Whether the text is YAML at all, so that its values are worth a look. */
  readonly readable: boolean
}

export function readYaml(text: string, file: string): YamlTree {
  const origins = new Origins({ kind: 'file', file, line: 1, column: 1 })
  if (text.length > MAX_LENGTH) {
    const problem: Problem = {
      origin: { kind: 'file', file, line: null, column: null },
      path: '',
      message: `has more than ${MAX_LENGTH} characters`,
      remedy: 'check that it is the right file',
    }
    return { value: undefined, origins, problems: [problem], readable: false }
  }
  return new TreeReader(text, file, origins).read()
}

class TreeReader {
  readonly #text: string
  readonly #file: string
  readonly #origins: Origins
  readonly #lines = new LineCounter()
  readonly #problems: Problem[] = []
  readonly #anchors = new Map<string, Node>()
  #values = 0
  #readable = true

  constructor(text: string, file: string, origins: Origins) {
    this.#text = text
    this.#file = file
    this.#origins = origins
  }

  read(): YamlTree {
    let value: unknown
    try {
      const document = parseDocument(this.#text, {
        lineCounter: this.#lines,
        prettyErrors: false,
        schema: 'core',
        // Found below, where the path is known.
        uniqueKeys: false,
      })
      for (const fault of [...document.errors, ...document.warnings]) this.#syntax(fault)
      if (this.#readable) value = this.#visit(document.contents, [], 0)
    } catch (error) {
      // The parser recurses, so that brackets without end exhaust the stack.
      if (!(error instanceof RangeError)) throw error
      this.#fatal(0, [], 'is nested too deeply', 'check that it is the right file')
    }
    return {
      value,
      origins: this.#origins,
      problems: this.#problems,
      readable: this.#readable,
    }
  }

  #syntax(fault: YAMLError): void {
    const at = fault.pos[0]
    if (fault.code === 'TAB_AS_INDENT') {
      this.#fatal(at, [], 'a tab cannot indent YAML', 'use spaces')
    } else if (fault.code === 'MULTIPLE_DOCS') {
      this.#fatal(at, [], 'a second document begins', 'keep everything in one')
    } else {
      const message = fault.message.split('\n')[0]!
      this.#fatal(at, [], `not YAML: ${message}`, 'mend the syntax; quote text such as "::1"')
    }
  }

  #visit(node: Node | null, path: Path, depth: number): unknown {
    if (node === null || !this.#readable) return undefined
    const at = startOf(node)
    if (++this.#values > MAX_VALUES) {
      return this.#fatal(at, path, `there are more than ${MAX_VALUES} values`, 'use fewer aliases')
    }
    if (depth > MAX_DEPTH) {
      return this.#fatal(at, path, `is more than ${MAX_DEPTH} levels deep`, 'use fewer levels')
    }
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source)
      if (target !== undefined) return this.#visit(target, path, depth + 1)
      return this.#fatal(at, path, `nothing is named &${node.source} before`, 'write the value')
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (isMap(node)) return this.#map(node.items as readonly Pair[], path, depth)
    if (isSeq(node)) return this.#list(node.items as readonly Node[], path, depth)
    return isScalar(node) ? (node.value ?? undefined) : undefined
  }

  #map(items: readonly Pair[], path: Path, depth: number): unknown {
    const map = Object.create(null) as Record<string, unknown>
    for (const { key, value } of items) {
      const word = isScalar(key) ? key.value : null
      if (key === null || (typeof word !== 'string' && typeof word !== 'number')) {
        const at = key === null ? 0 : startOf(key)
        this.#problem(at, path, 'a key must be a plain word', 'quote text such as "::1"')
        continue
      }
      const name = String(word)
      const below = [...path, name]
      const origin = this.#origin(startOf(key))
      if (name in map) this.#problem(startOf(key), below, 'stands twice', 'leave one out')
      this.#origins.set(below, value === null ? origin : this.#origin(startOf(value)), origin)
      map[name] = this.#visit(value, below, depth + 1)
    }
    return map
  }

  #list(items: readonly Node[], path: Path, depth: number): unknown {
    return items.map((item, i) => {
      const below = [...path, i]
      this.#origins.set(below, this.#origin(startOf(item)))
      return this.#visit(item, below, depth + 1)
    })
  }

  #origin(offset: number): Origin {
    const { line, col } = this.#lines.linePos(offset)
    // Zero stands for an offset before the first line that the counter has seen.
    return { kind: 'file', file: this.#file, line: line || 1, column: col || 1 }
  }

  #problem(offset: number, path: Path, message: string, remedy: string): void {
    this.#problems.push({
      origin: this.#origin(offset),
      path: formatPath(path),
      message,
      remedy,
    })
  }

  #fatal(offset: number, path: Path, message: string, remedy: string): void {
    this.#readable = false
    this.#problem(offset, path, message, remedy)
  }
}

interface Pair {
  readonly key: ParsedNode | null
  readonly value: ParsedNode | null
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}
