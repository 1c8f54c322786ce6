// From the configuration to what workers validate with.

import { anchorsIn } from '../config/anchor-files.ts'
import type { Config } from '../config/config.ts'
import { ROOT_ANCHORS } from '../dnssec/anchors/root-anchors.ts'
import type { NegativeAnchor, ZoneAnchors } from '../dnssec/anchors/trust-anchors.ts'
import { type Name, readName } from '../dnssec/name.ts'
import { parseName } from '../wire/text/name-text.ts'
import type { DnssecPlan } from '../worker/plan.ts'

const SECOND = 1000

/** @throws TypeError when the file of anchors cannot be read */
export function dnssecPlan(config: Pick<Config, 'dnssec' | 'routes'>): DnssecPlan {
  const { mode, acceptSha1, aggressive } = config.dnssec
  return {
    mode,
    anchors: configuredAnchors(config.dnssec),
    negative: negativeAnchors(config),
    acceptSha1,
    aggressive,
  }
}

/** Those of the file, and those of the root that are built in where it has none. */
export function configuredAnchors({ trustAnchors }: Config['dnssec']): readonly ZoneAnchors[] {
  const given = anchorsIn(trustAnchors)
  return given.some(({ zone }) => zone === ROOT_ANCHORS.zone) ? given : [ROOT_ANCHORS, ...given]
}

function negativeAnchors({ dnssec, routes }: Pick<Config, 'dnssec' | 'routes'>): NegativeAnchor[] {
  const passing = dnssec.negativeTrustAnchors.map((one) => ({
    domain: nameOf(one.domain),
    until: one.until / SECOND,
  }))
  const lasting = routes.flatMap((route) => (route.dnssec === 'insecure' ? route.domains : []))
  return [...passing, ...lasting.map((text) => ({ domain: nameOf(text), until: Infinity }))]
}

/** @param text a domain that the configuration has found good */
function nameOf(text: string): Name {
  return readName(parseName(text) as Uint8Array, 0, 0)
}
