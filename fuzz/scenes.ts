// Worlds of zones as one validator meets them, with an attacker in between who has some of their keys and
// all that they ever signed.

import type { Message } from '../src/wire/codec/message.ts'
import { RecordType } from '../src/wire/record-type.ts'
import { type Name, ROOT } from '../src/dnssec/name.ts'
import type { SignedZone } from '../src/dnssec/signer/signed-zone.ts'
import { AttackWorld, nameOf, NOW } from '../test/dnssec/attack/attack-world.ts'
import { attackQuestions } from '../test/dnssec/attack/questions.ts'
import type { Truth } from '../test/dnssec/attack/truth.ts'
import type { Attacker } from './hostile-answers.ts'
import { madeKey } from './made-keys.ts'
import type { Mutator } from './mutator.ts'
import { PHASES, ROLL_OVER_HOSTILE, rollOverQuestions, RollOverWorld } from './roll-over-world.ts'

type Below = Mutator['below']

interface Question {
  readonly name: Name
  readonly type: number
}

export interface Scene {
  /** Its DS records are the trust anchor. */
  readonly root: SignedZone
  /** Whether SHA-1 counts. */
  readonly acceptSha1: boolean
  readonly questions: readonly Question[]
  readonly attacker: Attacker
  readonly truth: Pick<Truth, 'lie' | 'downgrade'>
  /** What an honest upstream answers, which may have had it for a while. */
  answer(name: Name, type: number, below: Below): Message
}

/** Apex of the attacker's own zone in the world that stays as it is. */
const HOSTILE = 'signed.test.'

const SIGNED_FROM_TO = { inception: NOW - 86_400, expiration: NOW + 7 * 86_400 }

/** Questions for each zone whose answers the attacker has of every phase. */
const LABELS_OF_ATTACKER = ['', 'www.', 'nope.', 'x.wild.', 'plain.']

export class Scenes {
  readonly #still = new AttackWorld(HOSTILE, (apex, algorithm, flags) =>
    madeKey(algorithm, flags, `${apex} ${flags}`),
  )
  readonly #changing = new RollOverWorld()
  readonly #attackers = [stillAttacker(this.#still), changingAttacker(this.#changing)] as const

  draw(below: Below): Scene {
    const acceptSha1 = below(2) === 0
    return below(2) === 0 ? this.#stillScene(acceptSha1) : this.#changingScene(acceptSha1, below)
  }

  /** Answers of all scenes, and of all phases. */
  get answers(): readonly Message[] {
    return this.#attackers.flatMap(({ answers }) => answers)
  }

  #stillScene(acceptSha1: boolean): Scene {
    const world = this.#still
    return {
      root: world.root,
      acceptSha1,
      questions: attackQuestions,
      attacker: this.#attackers[0],
      truth: world.truth,
      answer: (name, type) => world.answer(name, type),
    }
  }

  #changingScene(acceptSha1: boolean, below: Below): Scene {
    const world = this.#changing
    const phase = below(PHASES)
    // RFC 6781 §4.1: a phase is as long as anything of the one before is kept anywhere. All see the same keys.
    const before = Math.max(0, phase - 1)
    const ofKeys = below(2) === 0 ? phase : before
    const hasKeys = (type: number): boolean => type === RecordType.DNSKEY || type === RecordType.ANY
    return {
      root: world.root,
      acceptSha1,
      questions: rollOverQuestions,
      attacker: this.#attackers[1],
      truth: world.truth(acceptSha1),
      answer: (name, type, draw) =>
        world.answer(name, type, hasKeys(type) ? ofKeys : draw(2) === 0 ? phase : before),
    }
  }
}

function stillAttacker(world: AttackWorld): Attacker {
  const zones = [...world.zones.values()]
  const ofZones = zones.flatMap(({ apex }) => [
    world.answer(apex, RecordType.DNSKEY),
    ...(apex === ROOT ? [] : [world.answer(apex, RecordType.DS)]),
  ])
  const answers = attackQuestions.map(({ name, type }) => world.answer(name, type))
  return attackerWith(HOSTILE, [...answers, ...ofZones], zones)
}

function changingAttacker(world: RollOverWorld): Attacker {
  const answers = world.zones.flatMap((zones, phase) =>
    [...zones.keys()].flatMap((apex) => [
      world.answer(nameOf(apex), RecordType.DNSKEY, phase),
      ...(apex === '.' ? [] : [world.answer(nameOf(apex), RecordType.DS, phase)]),
      ...LABELS_OF_ATTACKER.map((label) =>
        world.answer(nameOf(apex === '.' ? label || '.' : label + apex), RecordType.TXT, phase),
      ),
    ]),
  )
  const zones = world.zones.flatMap((phase) => [...phase.values()])
  return attackerWith(ROLL_OVER_HOSTILE, answers, zones)
}

/** @param zones may be there in several phases */
function attackerWith(
  hostile: string,
  answers: readonly Message[],
  zones: readonly SignedZone[],
): Attacker {
  const others = zones.filter(({ apex }) => apex !== nameOf(hostile))
  return {
    answers,
    zone: zones.find(({ apex }) => apex === nameOf(hostile))!,
    victims: [...new Set(others.map(({ apex }) => apex))],
    signed: others.filter(({ keys }) => keys.length > 0),
    ...SIGNED_FROM_TO,
  }
}
