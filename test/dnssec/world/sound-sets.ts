// The signed sets of zones that nobody has spoilt, as the resolver hands them out, each put to the
// product's verifier with the keys that the zone was signed with.

import { Budget } from '../../../src/dnssec/budget.ts'
import { Dnskey, type ZoneKeys } from '../../../src/dnssec/dnskey.ts'
import { type Name, nameText, readName } from '../../../src/dnssec/name.ts'
import type { Rrset } from '../../../src/dnssec/rrset.ts'
import { readSigned } from '../../../src/dnssec/signed-message.ts'
import { isFault, Verifier } from '../../../src/dnssec/verifier.ts'
import { AnswerFault, AnswerScan } from '../../../src/wire/answer-scan.ts'
import { formatType } from '../../../src/wire/text/type-text.ts'
import { type Asked, Asker } from './asker.ts'
import type { World } from './world.ts'
import { wire } from './zone-editor.ts'

export interface SoundSets {
  /** Algorithms of the signatures that held. */
  readonly algorithms: ReadonlySet<number>
  readonly verified: number
  /** What was wrong, and where. */
  readonly faults: readonly string[]
}

export async function verifySoundSets(
  world: World,
  questions: readonly Asked[],
): Promise<SoundSets> {
  using asker = new Asker(world.recursor.plainPort)
  const zones = soundZones(world)
  const now = (): number => Math.floor(Date.now() / 1000)
  const verifier = new Verifier({ now, policy: { acceptSha1: true } })
  const algorithms = new Set<number>()
  const faults: string[] = []
  let verified = 0
  for (const asked of questions) {
    // oxlint-disable-next-line no-await-in-loop -- the order of answers is that of the questions
    for (const set of setsOf((await asker.ask({ ...asked, cd: true })).message)) {
      const zone = zones.get(set.signatures[0]?.signer ?? '')
      if (zone === undefined) continue
      // oxlint-disable-next-line no-await-in-loop
      const proof = await verifier.verify(set, zone, new Budget())
      if (isFault(proof)) {
        faults.push(`${nameText(set.owner)} ${formatType(set.type)}: ${proof.text}`)
      } else {
        verified++
        algorithms.add(proof.signature.algorithm)
      }
    }
  }
  return { algorithms, verified, faults }
}

function soundZones(world: World): Map<Name, ZoneKeys> {
  const sound = world.files.filter(({ spec }) => spec.signer !== null && spec.tamper === undefined)
  return new Map(
    sound.map(({ spec, keys }) => {
      const zone = readName(wire(spec.name), 0, 0)
      return [zone, { zone, keys: keys.map(({ rdata }) => new Dnskey(rdata)) }]
    }),
  )
}

/** Of the answer and authority sections; none where the message cannot be taken. */
function setsOf(message: Buffer): readonly Rrset[] {
  const scan = new AnswerScan()
  if (scan.scan(message, 0, message.length) !== AnswerFault.None) return []
  const { answer, authority } = readSigned(scan)
  return [...answer, ...authority]
}
