// The page about a comparison: what each validator found, who agreed with whom, and what explains
// where they did not.

import { peerVersions } from '../world/servers/peers.ts'
import { type Comparison, isSame, type Opinion } from './compare.ts'
import {
  AGGRESSIVE_EXPLANATIONS,
  EXPLANATIONS,
  type Explanation,
  explanationsOf,
} from './explained.ts'

export interface ReportOptions {
  /** Of three validators, dotward the first, without a disagreement that nothing explains. */
  readonly plain: Comparison
  /** The same questions to a dotward that may answer by what was proven of other names. */
  readonly aggressive: Comparison
  readonly zones: number
  readonly seed: string
}

export function formatReport({ plain, aggressive, zones, seed }: ReportOptions): string {
  return `# Whom dotward agrees with

${number(plain.asked)} questions to a world of ${zones} zones, sound, odd, amid a roll-over, unsigned and broken,
were put to dotward, ${peerVersions().join(' and ')}. All three stand before one
resolver that validates nothing, and neither it nor the peers answer from a cache: each judges the same
answers.

${findings(plain)}

Nothing is left unexplained. In each row below the RFCs side with dotward, or leave it to the validator:

${explained(plain, EXPLANATIONS)}

## With \`dnssec.aggressive\`

The same questions to a dotward that may answer by what was proven of other names (RFC 8198):

${findings(aggressive)}

What that adds to the rows above:

${explained(
  aggressive,
  AGGRESSIVE_EXPLANATIONS.filter((each) => !EXPLANATIONS.includes(each)),
)}

Written by \`npm run dnssec:differential -- --queries ${plain.asked} --seed ${seed} --out docs/dnssec-agreement.md\`.
The zones are in \`test/dnssec/world\`, the explanations in \`test/dnssec/differential/explained.ts\`.
`
}

function findings({ asked, counts, disagreements }: Comparison): string {
  const found = counts.map(({ who, classes: { secure, insecure, bogus, failed } }) =>
    row(who, ...[secure, insecure, bogus, failed].map(number)),
  )
  const [us, first, second] = counts.map(({ who }) => who) as [string, string, string]
  const shared = { first: 0, second: 0, peers: 0, none: 0 }
  for (const { opinions } of disagreements) shared[sides(opinions)]++
  return `| | secure | insecure | bogus | no answer |
|---|---:|---:|---:|---:|
${found.join('\n')}

| same class, rcode and records | questions |
|---|---:|
${row('all three', number(asked - disagreements.length))}
${row(`${us} and ${first}, not ${second}`, number(shared.first))}
${row(`${us} and ${second}, not ${first}`, number(shared.second))}
${row(`${first} and ${second}, not ${us}`, number(shared.peers))}
${row('none with another', number(shared.none))}`
}

function sides(opinions: readonly Opinion[]): 'first' | 'second' | 'peers' | 'none' {
  const [us, first, second] = opinions as [Opinion, Opinion, Opinion]
  if (isSame(us, first)) return 'first'
  if (isSame(us, second)) return 'second'
  return isSame(first, second) ? 'peers' : 'none'
}

/** Those of the explanations that were needed, in their order. */
function explained({ disagreements }: Comparison, explanations: readonly Explanation[]): string {
  const uses = new Map<Explanation, string[]>(explanations.map((each) => [each, []]))
  for (const disagreement of disagreements) {
    const { name, type } = disagreement.asked
    for (const each of explanationsOf(disagreement, AGGRESSIVE_EXPLANATIONS) ?? []) {
      uses.get(each)?.push(`${name.toLowerCase()} ${type}`)
    }
  }
  const rows = Array.from(uses)
    .filter(([, questions]) => questions.length > 0)
    .map(([{ who, ours, theirs, because }, questions]) =>
      row(who, theirs, ours, number(questions.length), shortest(questions), because),
    )
  return `| who | finds it | dotward | questions | such as | because |
|---|---|---|---:|---|---|
${rows.join('\n')}`
}

/** The shortest; of several, the first in the order of letters. */
function shortest(questions: readonly string[]): string {
  const least = Math.min(...questions.map(({ length }) => length))
  return `\`${questions.filter(({ length }) => length === least).sort()[0]!}\``
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
