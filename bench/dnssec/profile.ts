// Where dotward's time goes in validated misses.

import { cost, type Round } from '../measure/results.ts'
import { dotward } from '../peers/dotward.ts'
import { observe } from '../profile.ts'
import { measureValidated } from './misses.ts'
import { AnswerKind, RCODES } from './results.ts'
import { CACHE_MIB, type DnssecRoom } from './suite.ts'
import { Algorithm } from './zones.ts'

export async function profileValidated(
  room: DnssecRoom,
  root: string,
  log: (line: string) => void,
): Promise<void> {
  const system = dotward({
    root,
    nodeOptions: ['--perf-basic-prof', '--interpreted-frames-native-stack'],
  })
  for (const algorithm of Object.values(Algorithm)) {
    const options = { cacheMiB: CACHE_MIB, anchors: room.anchors }
    await using running = await room.lab.start(system, options)
    for (const kind of Object.values(AnswerKind)) {
      const what = { algorithm, kind, validates: true }
      const load = (): Promise<Round> => measureValidated(room, running, what, 0)
      const { round, report } = await observe(running.program.pid, load)
      const micros = cost([round], RCODES[kind])?.median.toFixed(2)
      log(`\n${algorithm}, ${kind}: ${micros} µs per good answer under perf`)
      log(report.replaceAll(`file://${root}/`, ''))
    }
  }
}
