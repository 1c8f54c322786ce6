// Settings from the environment, over those of the file: DNS_SERVER, DNS_PORT, LISTEN_ADDR and
// LISTEN_PORT for small set-ups, DOTWARD_<SECTION>__<KEY> for everything.

import { sameName } from './did-you-mean.ts'
import { problemOf, unknownSetting } from './explain.ts'
import { configJsonSchema, schemaAt, settingsAt } from './json-schema.ts'
import type { Origins } from './origins.ts'
import { Fault, type Origin, type Path, type Problem, show } from './problem.ts'
import { readUpstreamText } from './upstream-text.ts'
import { readYaml } from './yaml-tree.ts'

export type Environment = Readonly<Record<string, string | undefined>>

type Tree = Record<string, unknown>

const PREFIX = 'DOTWARD_'

/**
 * What Kubernetes sets in each pod for a service that happens to be called `dotward`
 * (DOTWARD_SERVICE_HOST, DOTWARD_PORT_53_UDP, …). None of ours looks like that.
 */
const SERVICE_LINK =
  /^DOTWARD_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_[A-Z]+(?:_\w+)?)?)$/
/** And for one called `dns` or `listen`: DNS_PORT=tcp://10.0.0.10:53. */
const SERVICE_LINK_VALUE = /^(?:tcp|udp|sctp):\/\//

/** Writes the settings of the environment into a tree read from a file. */
export function applyEnvironment(
  tree: Tree,
  origins: Origins,
  environment: Environment,
): Problem[] {
  return new Overlay(tree, origins, environment).apply()
}

class Overlay {
  readonly #tree: Tree
  readonly #origins: Origins
  readonly #environment: Environment
  readonly #problems: Problem[] = []

  constructor(tree: Tree, origins: Origins, environment: Environment) {
    this.#tree = tree
    this.#origins = origins
    this.#environment = environment
  }

  apply(): Problem[] {
    this.#server()
    this.#listener()
    const names = Object.keys(this.#environment)
      .filter((name) => name.startsWith(PREFIX) && !SERVICE_LINK.test(name))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    for (const name of names) this.#setting(name)
    return this.#problems
  }

  /** Empty counts as not set: compose files pass variables on that way. */
  #get(name: string): string | undefined {
    const text = this.#environment[name]?.trim()
    return text === '' || (text !== undefined && SERVICE_LINK_VALUE.test(text)) ? undefined : text
  }

  /** DNS_SERVER makes one upstream; DNS_PORT is its port, or that of the built-in ones. */
  #server(): void {
    const server = this.#environment['DNS_SERVER']?.trim()
    const port = this.#get('DNS_PORT')
    if (server === undefined || server === '') {
      if (port !== undefined) this.#portOfDefaults(port)
      return
    }
    const path = ['upstreams', 0]
    const origin = fromVariable('DNS_SERVER')
    const read = readUpstreamText(server)
    if (read instanceof Fault) {
      this.#problems.push(problemOf(read, path, origin))
    } else if (port !== undefined && read.port !== undefined && String(read.port) !== port) {
      const fault = new Fault(
        `DNS_PORT says ${show(port)} and DNS_SERVER says port ${show(read.port)}`,
        'give the port once',
      )
      this.#problems.push(problemOf(fault, [...path, 'port'], fromVariable('DNS_PORT')))
    }
    this.#set(['upstreams'], [read instanceof Fault ? server : { ...read }], origin)
    if (port === undefined || read instanceof Fault) return
    this.#set([...path, 'port'], plainValue(port), fromVariable('DNS_PORT'))
  }

  #portOfDefaults(port: string): void {
    const origin = fromVariable('DNS_PORT')
    if (this.#tree['upstreams'] !== undefined) {
      const fault = new Fault('the file names the upstreams', 'set DNS_SERVER too, or neither')
      this.#problems.push(problemOf(fault, ['upstreams'], origin))
      return
    }
    const initial = configJsonSchema().properties?.['upstreams']?.default as string[]
    this.#set(['upstreams'], [...initial], origin)
    for (const [i, text] of initial.entries()) {
      const read = readUpstreamText(text)
      if (read instanceof Fault) continue
      this.#set(['upstreams', i], { ...read, port: plainValue(port) }, origin)
    }
  }

  /** LISTEN_ADDR and LISTEN_PORT make one listener, or change the only one that there is. */
  #listener(): void {
    const address = this.#get('LISTEN_ADDR')
    const port = this.#get('LISTEN_PORT')
    if (address === undefined && port === undefined) return
    const given = this.#tree['listeners']
    const known = Array.isArray(given) ? given : []
    if (known.length > 1) {
      const fault = new Fault(
        'the file names several listeners',
        'use DOTWARD_LISTENERS__0__PORT and the like to say which one is meant',
      )
      const variable = address === undefined ? 'LISTEN_PORT' : 'LISTEN_ADDR'
      this.#problems.push(problemOf(fault, ['listeners'], fromVariable(variable)))
      return
    }
    const variable = fromVariable(address === undefined ? 'LISTEN_PORT' : 'LISTEN_ADDR')
    if (known.length === 0) this.#set(['listeners'], [Object.create(null)], variable)
    const path = ['listeners', 0]
    const bare = address?.replace(/^\[(.*)\]$/, '$1')
    if (bare !== undefined) this.#set([...path, 'address'], bare, fromVariable('LISTEN_ADDR'))
    if (port === undefined) return
    this.#set([...path, 'port'], plainValue(port), fromVariable('LISTEN_PORT'))
  }

  #setting(variable: string): void {
    const text = this.#get(variable)
    if (text === undefined) return
    const origin = fromVariable(variable)
    const path: (string | number)[] = []
    for (const word of variable.slice(PREFIX.length).split('__')) {
      const step = /^\d{1,4}$/.test(word) ? Number(word) : this.#settingNamed(word, path, origin)
      if (step === null) return
      path.push(step)
    }
    if (path[0] === 'upstreams' && path.length === 1 && this.#environment['DNS_SERVER']) {
      const fault = new Fault('DNS_SERVER names the upstream too', 'unset one of them')
      this.#problems.push(problemOf(fault, path, origin))
      return
    }
    if (!/^[[{]/.test(text)) return this.#set(path, plainValue(text), origin)
    const { value, problems } = readYaml(text, variable)
    for (const { message, remedy } of problems) {
      this.#problems.push(problemOf(new Fault(message, remedy), path, origin))
    }
    if (problems.length === 0) this.#set(path, value, origin)
  }

  #settingNamed(word: string, path: Path, origin: Origin): string | null {
    const names = settingsAt(path)
    const name = [...names, ...this.#chosenNames(path)].find((one) => sameName(one, word))
    if (name !== undefined) return name
    if (schemaAt(path)?.additionalProperties) return word.toLowerCase()
    const wanted = unknownSetting(word.toLowerCase(), names.map(variableWord))
    this.#problems.push(problemOf(wanted, path, origin))
    return null
  }

  /** Keys that the file has at a path: where people choose them, a variable may mean one of those. */
  #chosenNames(path: Path): readonly string[] {
    if (!schemaAt(path)?.additionalProperties) return []
    let map: unknown = this.#tree
    for (const step of path) map = (map as Record<string | number, unknown> | undefined)?.[step]
    return typeof map === 'object' && map !== null ? Object.keys(map) : []
  }

  #set(path: Path, value: unknown, origin: Origin): void {
    const fault = this.#place(path, value, origin)
    if (fault === null) this.#origins.replace(path, origin)
    else this.#problems.push(problemOf(fault, path, origin))
  }

  /** Makes the maps and lists on the way, as far as they are missing. */
  #place(path: Path, value: unknown, origin: Origin): Fault | null {
    let parent: unknown = this.#tree
    for (const [i, step] of path.entries()) {
      const isLast = i === path.length - 1
      if (typeof parent !== 'object' || parent === null) {
        return new Fault('what it belongs to is not a map', 'set that whole')
      }
      if (Array.isArray(parent) !== (typeof step === 'number')) {
        return new Fault(`${show(step)} does not lead into ${show(parent)}`, 'see the settings')
      }
      if (typeof step === 'number' && step > (parent as unknown[]).length) {
        return new Fault(
          `there is no entry ${(parent as unknown[]).length} before it`,
          'count from 0, without gaps',
        )
      }
      const map = parent as Record<string | number, unknown>
      if (isLast) map[step] = value
      else if (map[step] === undefined) {
        map[step] = typeof path[i + 1] === 'number' ? [] : Object.create(null)
        this.#origins.set(path.slice(0, i + 1), origin)
      }
      parent = map[step]
    }
    return null
  }
}

function fromVariable(variable: string): Origin {
  return { kind: 'environment', variable }
}

/** `minTtl` as in DOTWARD_CACHE__MIN_TTL. */
function variableWord(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

function plainValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text
}
