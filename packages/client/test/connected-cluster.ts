import { FakeClock } from '@forkpool/pool-core/testing'
import type { Cluster } from '../src/cluster.ts'
import { connectThrough } from '../src/connect.ts'
import { memoryNetwork } from './memory-transport.ts'
import type { PeerOptions } from './peer.ts'
import { Peer } from './peer.ts'

/** What the cluster of these tests can do. */
export interface Tasks {
  readonly square: (n: number) => number
  readonly add: (a: number, b: number) => number
  readonly nothing: () => undefined
  readonly describe: (...values: unknown[]) => string
  readonly text: (n: number) => string
  readonly oddOnly: (n: number) => number
}

const tasks: Tasks = {
  square: (n) => n * n,
  add: (a, b) => a + b,
  nothing: () => undefined,
  describe: (...values) => values.map(String).join('+'),
  text: (n) => `n${n}`,
  oddOnly: (n) => {
    if (n % 2 === 0) throw Object.assign(new RangeError(`${n} is even`), { n })
    return n
  },
}

const open: Cluster<Tasks>[] = []

export interface Connected {
  readonly cluster: Cluster<Tasks>
  readonly peer: Peer
  readonly clock: FakeClock
}

/** A cluster whose coordinator is a `Peer` in this process. */
export async function connected(options: PeerOptions = {}): Promise<Connected> {
  const peer = new Peer({ tasks: { ...tasks }, ...options })
  const clock = new FakeClock()
  const cluster = await connectThrough(memoryNetwork(peer))<Tasks>('ws://peer', { clock })
  open.push(cluster)
  return { cluster, peer, clock }
}

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const cluster of open.splice(0)) await cluster.close()
}

/** Answers are delivered in microtasks: when none is left, everything that can have happened has. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export async function collect<Value>(results: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = []
  for await (const value of results) values.push(value)
  return values
}

export async function* asyncRange(n: number): AsyncGenerator<number> {
  for (let i = 0; i < n; i++) yield i
}
