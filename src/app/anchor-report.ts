// What the log says of keys that come and go (RFC 5011).

import type { KeyChange } from '../dnssec/anchors/roll-over.ts'
import { KeyState } from '../dnssec/anchors/trust-point.ts'
import { Dnskey } from '../dnssec/dnskey.ts'
import { type Name, nameText } from '../dnssec/name.ts'
import type { Level, Logger } from '../observe/log.ts'

export function reportChange(log: Logger, zone: Name, change: KeyChange): void {
  const { tag, algorithm } = new Dnskey(change.rdata)
  const [level, message] = wording(change)
  log[level](message, { zone: nameText(zone), key: tag, algorithm })
}

function wording({ from, to }: KeyChange): [Level, string] {
  switch (to) {
    case KeyState.Pending:
      return [
        'info',
        'a new key of a zone with trust anchors: trusted when it is there for 30 days',
      ]
    case KeyState.Valid:
      if (from === null) return ['info', 'a trust anchor is among the keys of its zone']
      if (from === KeyState.Missing) return ['info', 'a trust anchor is back among the keys']
      return ['info', 'a new key was there for 30 days: it is a trust anchor from now on']
    case KeyState.Missing:
      return ['warn', 'a trust anchor is gone without having been revoked: it stays trusted']
    case KeyState.Revoked:
      return ['warn', 'a trust anchor was revoked by its owner: it is trusted no more']
    case KeyState.Removed:
      return ['info', 'a revoked trust anchor is gone from the keys of its zone']
    case null:
      return ['warn', 'a new key is gone, or all who vouched for it: it waits from the beginning']
  }
}
