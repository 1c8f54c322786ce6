// What clients tell of their networks (RFC 7871), where it goes upstream: cut to what may be told, it
// becomes part of what the question is known by, so that an answer for one network is never given to
// another.

import { type SubnetLimits, MAX_SUBNET_LENGTH, takeSubnet } from '../wire/client-subnet.ts'
import type { QueryScan } from '../wire/query-scan.ts'
import { QuestionKey } from '../wire/question-key.ts'
import { type PipelineMetrics, SubnetEvent } from './metrics.ts'

export interface SubnetStageOptions {
  readonly limits: SubnetLimits
  /** The secret that the cache's keys are hashed with. */
  readonly secret: Uint32Array
  readonly metrics: PipelineMetrics
}

export class SubnetStage {
  readonly #limits: SubnetLimits
  readonly #metrics: PipelineMetrics
  readonly #subnet = new Uint8Array(MAX_SUBNET_LENGTH)
  readonly #key: QuestionKey
  readonly #widened: QuestionKey

  constructor({ limits, secret, metrics }: SubnetStageOptions) {
    this.#limits = limits
    this.#metrics = metrics
    this.#key = new QuestionKey(secret)
    this.#widened = new QuestionKey(secret)
  }

  /**
   * The key of a query whose client told its network, which is to hear then for how large a network the
   * answer is.
   * @param key of its question; good until the next query
   * @returns null when what it told is malformed: FORMERR (RFC 7871 §7.1.2)
   */
  take(scan: QueryScan, key: QuestionKey): QuestionKey | null {
    const { subnet, subnetStart, subnetLength } = scan
    const isSound =
      !scan.hasSubnets && takeSubnet(subnet, subnetStart, subnetLength, this.#limits, this.#subnet)
    this.#metrics.subnet(isSound ? SubnetEvent.Taken : SubnetEvent.Malformed)
    if (!isSound) return null
    scan.subnetScope = 0
    this.#key.takeWithin(key, this.#subnet)
    return this.#key
  }

  /** The key of what is for all networks, that of this key among them (RFC 7871 §7.3.1). */
  widened(key: QuestionKey): QuestionKey {
    this.#widened.takeWidened(key)
    return this.#widened
  }
}
