// Who is who: what rules say of a client by its address or by the certificate that it showed. Rules
// about addresses are compiled into flat shared memory, which all workers read and nobody writes: one
// search in it tells all that holds for an address.

import { parsePrefix } from '../wire/text/prefix.ts'
import { findIpv4, findIpv6, TreeBuilder } from './address-tree.ts'
import { CertificateRules, type CertificateRule } from './certificate-rules.ts'
import { boundariesOf, type Claim } from './range-boundaries.ts'
import { GROUP_SHIFT, MAX_GROUPS, Trait } from './traits.ts'

/** Ranges are addresses or prefixes, IPv4 or IPv6, as `parsePrefix` reads them. */
export interface AccessRules {
  readonly allow: readonly string[]
  readonly deny?: readonly string[]
  readonly exempt?: readonly string[]
  /** The ranges of each group. The first is number 1; where two name one range, the first has it. */
  readonly groups?: readonly (readonly string[])[]
  readonly certificates?: readonly CertificateRule[]
}

/** The entries at which the searches for IPv4 and for IPv6 begin. */
const HEADER_WORDS = 2

export class AccessList {
  /** What another thread makes the same list of, together with `certificates`. */
  readonly memory: SharedArrayBuffer
  readonly certificates: readonly CertificateRule[]
  readonly #words: Int32Array
  readonly #ipv4: number
  readonly #ipv6: number
  readonly #certificates: CertificateRules

  constructor(memory: SharedArrayBuffer, certificates: readonly CertificateRule[]) {
    this.memory = memory
    this.certificates = certificates
    this.#words = new Int32Array(memory)
    this.#ipv4 = this.#words[0]!
    this.#ipv6 = this.#words[1]!
    this.#certificates = new CertificateRules(certificates)
  }

  /**
   * The longest prefix that holds an address decides, for each trait among the rules about that
   * trait: whether it may ask, whether it is exempt, which group it is in. Of two rules for one
   * prefix the one that denies wins; whom no rule allows is denied. Prefixes of IPv4 and IPv6 know
   * nothing of each other: `::/0` is all of IPv6, and an IPv4-mapped range is one of IPv4. Throws
   * when a range cannot be read, with a line for each such: whoever takes ranges from people checks
   * them by `parsePrefix`.
   */
  static compile(rules: AccessRules): AccessList {
    const claims = new Claims()
    claims.add(rules.allow, Trait.Allowed, Trait.Allowed)
    claims.add(rules.deny ?? [], Trait.Allowed, 0)
    claims.add(rules.exempt ?? [], Trait.Exempt, Trait.Exempt)
    const groups = rules.groups ?? []
    if (groups.length > MAX_GROUPS) throw new RangeError(`more than ${MAX_GROUPS} groups`)
    for (let number = groups.length; number > 0; number--) {
      claims.add(groups[number - 1]!, -1 << GROUP_SHIFT, number << GROUP_SHIFT)
    }
    const { ipv4, ipv6 } = claims.read()
    const tree = new TreeBuilder(HEADER_WORDS)
    const roots = [tree.add(boundariesOf(ipv4, 1)), tree.add(boundariesOf(ipv6, 4))]
    const memory = new SharedArrayBuffer(4 * tree.words.length)
    const words = new Int32Array(memory)
    words.set(tree.words)
    words.set(roots)
    return new AccessList(memory, rules.certificates ?? [])
  }

  /** Whether a certificate can open what an address alone does not. */
  get admitsAnyCertificate(): boolean {
    return this.#certificates.admitsAny
  }

  /**
   * What holds for an address: bits of `Trait`, and the number of a group from bit 8 on. Allocates
   * nothing.
   * @param offset of 4 or 16 octets in network order
   */
  traits(bytes: Uint8Array, offset: number, family: 4 | 6): number {
    return family === 4
      ? findIpv4(this.#words, this.#ipv4, bytes, offset)
      : findIpv6(this.#words, this.#ipv6, bytes, offset)
  }

  /** @param offset of 4 or 16 octets in network order. Allocates nothing. */
  allows(bytes: Uint8Array, offset: number, family: 4 | 6): boolean {
    return (this.traits(bytes, offset, family) & Trait.Allowed) !== 0
  }

  /**
   * What holds for a client that proved to have some names: rules about certificates decide over
   * those about addresses, and what none of them says stays as it is for the address. For once in a
   * connection, not in a query.
   * @param names of the certificate, in the form that `CertificateRules` describes
   * @param byAddress what `traits` says of the client's address
   */
  certificateTraits(names: readonly string[], byAddress: number): number {
    return this.#certificates.apply(names, byAddress)
  }
}

/** What rules decide, by family, and what is wrong with ranges until all of them are read. */
class Claims {
  readonly #ipv4: Claim[] = []
  readonly #ipv6: Claim[] = []
  readonly #errors: string[] = []

  add(ranges: readonly string[], mask: number, value: number): void {
    for (const range of ranges) {
      const parsed = parsePrefix(range)
      if (!parsed.ok) {
        this.#errors.push(`"${range}" ${parsed.error}`)
        continue
      }
      const { address, bits } = parsed.prefix
      const family = address.length === 4 ? this.#ipv4 : this.#ipv6
      family.push({ address, bits, mask, value })
    }
  }

  read(): { readonly ipv4: readonly Claim[]; readonly ipv6: readonly Claim[] } {
    if (this.#errors.length > 0) throw new TypeError(this.#errors.join('\n'))
    return { ipv4: this.#ipv4, ipv6: this.#ipv6 }
  }
}
