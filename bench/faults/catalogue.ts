// What can happen to an upstream. Each fault begins, lasts, and is taken back.

import { First, type Room } from './room.ts'
import { clearPacketFaults, setPacketFault } from '../lab/sandbox.ts'

/** What a run is held against; figures stand in verdict.ts. */
export const Demand = {
  Usual: 'usual',
  Loss: 'loss',
  Outage: 'outage',
  /** An outage that answers past their time to live cover. */
  Covered: 'covered',
} as const
export type Demand = (typeof Demand)[keyof typeof Demand]

export interface Fault {
  readonly id: string
  /** Its row's head. */
  readonly name: string
  readonly first: First
  readonly demand: Demand
  /** Milliseconds. */
  readonly length: number
  readonly needsPackets: boolean
  /** Queries so far apart that connections idle between them, instead of the steady load. */
  readonly sparse: boolean
  /** All names were asked before, and are to be kept for a second at the most. */
  readonly seen: boolean
  readonly begin: (room: Room) => Promise<void> | void
  /** May resolve with the moment from which an upstream was there again. */
  readonly end: (room: Room) => Promise<number | void> | void
}

/** Milliseconds after which upstreams close idle connections in the sparse fault. */
export const SPARSE_IDLE = 2000

const LENGTH = 4000
const nothing = (): void => {}

type Special = Partial<Fault> & Pick<Fault, 'id' | 'name'>

const fault = (special: Special): Fault => ({
  first: First.Unbound,
  demand: Demand.Usual,
  length: LENGTH,
  needsPackets: false,
  sparse: false,
  seen: false,
  begin: nothing,
  end: nothing,
  ...special,
})

const play = (id: 'servfail' | 'garbage' | 'close', name: string): Fault =>
  fault({
    id,
    name,
    first: First.Scripted,
    begin: (room) => room.scripted.play(id),
    end: (room) => room.scripted.play('right'),
  })

const loss = (id: string, name: string, lossPercent: number, all: boolean): Fault =>
  fault({
    id,
    name,
    demand: Demand.Loss,
    needsPackets: true,
    begin: (room) => setPacketFault(all ? room.ports : room.ports.slice(0, 1), { lossPercent }),
    end: clearPacketFaults,
  })

export const faults: readonly Fault[] = [
  fault({ id: 'none', name: 'nothing, for comparison' }),
  fault({
    id: 'kill',
    name: 'killed, started again',
    begin: (room) => room.kill(1),
    end: (room) => room.restart(1),
  }),
  fault({
    id: 'hang',
    name: 'hung (SIGSTOP, SIGCONT)',
    begin: (room) => room.signal('SIGSTOP'),
    end: (room) => room.signal('SIGCONT'),
  }),
  fault({
    id: 'reset',
    name: 'port closed: all is answered by a reset',
    needsPackets: true,
    begin: (room) => setPacketFault(room.ports.slice(0, 1), 'reset'),
    end: clearPacketFaults,
  }),
  fault({
    id: 'drop',
    name: 'all packets dropped',
    needsPackets: true,
    begin: (room) => setPacketFault(room.ports.slice(0, 1), 'drop'),
    end: clearPacketFaults,
  }),
  fault({
    id: 'delay',
    name: 'answers 200 ms late',
    first: First.Relayed,
    begin: (room) => room.relay.hold(200),
    end: (room) => room.relay.hold(0),
  }),
  loss('loss-1', '1 % of packets lost', 1, false),
  loss('loss-10', '10 % of packets lost', 10, false),
  loss('loss-10-all', '10 % of packets lost, all upstreams', 10, true),
  fault({
    id: 'sink',
    name: 'TLS handshake never finishes',
    first: First.Scripted,
    begin: (room) => room.scripted.play('sink'),
    end: (room) => room.scripted.play('recovered'),
  }),
  fault({
    id: 'certificate',
    name: 'wrong certificate after renewal',
    first: First.Scripted,
    begin: (room) => room.scripted.play('impostor'),
    end: (room) => room.scripted.play('recovered'),
  }),
  play('close', 'closes after every answer'),
  fault({
    id: 'idle',
    name: 'closes after 2 s idle, queries 1.9 to 2.1 s apart',
    sparse: true,
    length: 60_000,
  }),
  play('servfail', 'answers SERVFAIL'),
  play('garbage', 'answers garbage'),
  fault({
    id: 'outage',
    name: 'all upstreams down for 3 s',
    demand: Demand.Outage,
    length: 3000,
    begin: (room) => room.kill(room.ports.length),
    end: (room) => room.restart(room.ports.length),
  }),
  fault({
    id: 'covered',
    name: 'all upstreams down for 60 s, names seen before',
    demand: Demand.Covered,
    seen: true,
    length: 60_000,
    begin: (room) => room.kill(room.ports.length),
    end: (room) => room.restart(room.ports.length),
  }),
]
