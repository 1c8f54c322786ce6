// Rules about clients by the names in their TLS certificates.
//
// A name, in rules and as the TLS door hands it over, is a kind and a value:
//   CN=printer                    a common name of the subject
//   DNS:sidecar.mesh.example      subject alternative names (RFC 5280 §4.2.1.6)
//   URI:spiffe://mesh.example/db
//   IP:192.0.2.1
//   email:ops@example.org
// Values are compared octet by octet, but names of DNS without regard to case and addresses by what
// they stand for. In rules, `DNS:*.mesh.example` is any one label in front (RFC 9525 §6.3). Whoever
// takes names from a certificate must take each from a field of its own: text that lists several can
// be made to say what the certificate does not.

import { formatAddress, parseAddress } from '../wire/text/prefix.ts'
import { GROUP_SHIFT, Trait } from './traits.ts'

/** What holds for a client whose certificate has the name; null leaves it to its address. */
export interface CertificateRule {
  readonly name: string
  readonly allow: boolean | null
  readonly exempt: boolean
  /** The number of a group. */
  readonly group: number
}

interface Verdict {
  readonly mask: number
  readonly value: number
}

export class CertificateRules {
  readonly #verdicts = new Map<string, Verdict>()
  readonly admitsAny: boolean

  /** Of rules about one client, one that denies wins, and the group is that of the lowest number. */
  constructor(rules: readonly CertificateRule[]) {
    this.admitsAny = rules.some(({ allow }) => allow === true)
    for (const rule of rules) {
      const name = canonicalName(rule.name)
      const known = this.#verdicts.get(name)
      const verdict = verdictOf(rule)
      this.#verdicts.set(name, known === undefined ? verdict : join(known, verdict))
    }
  }

  /** @returns `traits` with what the rules about the names decide in place of what they say */
  apply(names: readonly string[], traits: number): number {
    let joined: Verdict | null = null
    for (const name of names) {
      for (const form of formsOf(canonicalName(name))) {
        const verdict = this.#verdicts.get(form)
        if (verdict !== undefined) joined = joined === null ? verdict : join(joined, verdict)
      }
    }
    return joined === null ? traits : (traits & ~joined.mask) | joined.value
  }
}

function verdictOf({ allow, exempt, group }: CertificateRule): Verdict {
  return {
    mask: (allow === null ? 0 : Trait.Allowed) | (exempt ? Trait.Exempt : 0) | (-1 << GROUP_SHIFT),
    value:
      (allow === true ? Trait.Allowed : 0) | (exempt ? Trait.Exempt : 0) | (group << GROUP_SHIFT),
  }
}

function join(one: Verdict, other: Verdict): Verdict {
  const denied = isDenying(one) || isDenying(other)
  const group = Math.min(one.value >>> GROUP_SHIFT, other.value >>> GROUP_SHIFT)
  const bits = (one.value | other.value) & ((1 << GROUP_SHIFT) - 1)
  return {
    mask: one.mask | other.mask,
    value: (denied ? bits & ~Trait.Allowed : bits) | (group << GROUP_SHIFT),
  }
}

function isDenying({ mask, value }: Verdict): boolean {
  return (mask & ~value & Trait.Allowed) !== 0
}

/** One way to write each name. */
function canonicalName(name: string): string {
  if (name.startsWith('DNS:')) return name.toLowerCase().replace('dns:', 'DNS:')
  if (!name.startsWith('IP:')) return name
  const address = parseAddress(name.slice('IP:'.length))
  if (address === null) return name
  return `IP:${formatAddress(address)}`
}

/** The name itself, and what a rule may call it. */
function formsOf(name: string): readonly string[] {
  const label = /^DNS:[^.]+\./.exec(name)
  return label === null ? [name] : [name, `DNS:*.${name.slice(label[0].length)}`]
}
