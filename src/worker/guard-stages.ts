// The stages that stand before the cache, as a plan has them: null where they are off.

import { AccessList } from '../guard/acl.ts'
import { Cookies } from '../guard/cookies.ts'
import { CookieSecrets } from '../guard/cookie-secrets.ts'
import { QueryLimiter } from '../guard/rate-limit.ts'
import { ResponseLimiter } from '../guard/response-limit.ts'
import { CookieStage } from '../pipeline/cookie-stage.ts'
import type { PipelineOptions } from '../pipeline/pipeline.ts'
import type { CookiesPlan, DataPlan, ListenerPlan } from './plan.ts'

type SharedStages = Pick<PipelineOptions, 'cookies' | 'responseLimits' | 'minimalAny'>
type DoorStages = Pick<PipelineOptions, 'access' | 'refuseStrangers' | 'queryLimits'>

/** What all doors of a worker have in common. */
export function sharedStages({ cookies, limits, minimalAny }: DataPlan): SharedStages {
  return {
    cookies: cookies && cookieStage(cookies),
    responseLimits: limits.responses && new ResponseLimiter(limits.responses),
    minimalAny,
  }
}

/** A door's own. */
export function doorStages({ limits }: DataPlan, { access, number }: ListenerPlan): DoorStages {
  return {
    access: new AccessList(access.memory, access.certificates),
    refuseStrangers: access.refuseStrangers,
    queryLimits: limits.queries && new QueryLimiter({ ...limits.queries, listener: number }),
  }
}

function cookieStage({ secrets, required, onMissing }: CookiesPlan): CookieStage {
  return new CookieStage({
    cookies: new Cookies(new CookieSecrets(secrets)),
    required,
    onMissing,
    clock: () => Math.floor(Date.now() / 1000),
  })
}
