import { fork } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import { Barrier, Lock, Queue, RLock, Semaphore } from '@forkpool/pool-core/sync'
import type { MemoryKind } from '@forkpool/pool-core/sync'
import type { PartyHandles, SharedMeasure } from './party-job.ts'

const PROGRAM = new URL('./other-party.ts', import.meta.url)
const FLAGS = ['--conditions=forkpool-source']

/** What one party does alone. */
export type LoneMeasure = 'Lock' | 'RLock' | 'Semaphore'

/** This program and another party, with the primitives between them, in thread or in process memory. */
export interface TwoParties {
  /** Seconds of `count` times acquire and release, which nobody contends. */
  uncontended(name: LoneMeasure, count: number): number
  /** Seconds of a measurement of both, this thread blocking for its half. */
  both(measure: SharedMeasure, count: number): number
  /** The same as `both('echo')`, this thread's half without blocking its event loop. */
  echoAwaited(count: number): Promise<number>
  stop(): void
}

export function startTwoParties(memory: MemoryKind): TwoParties {
  const alone = { Lock: new Lock({ memory }), RLock: new RLock({ memory }), Semaphore: new Semaphore({ memory }) }
  const { Lock: lock } = alone
  const [ping, pong] = [new Semaphore({ memory, permits: 0 }), new Semaphore({ memory, permits: 0 })]
  const [there, back] = [new Queue<unknown>({ memory }), new Queue<unknown>({ memory })]
  const start = new Barrier({ memory, parties: 2 })
  const other = startOther(memory)
  other.send({
    lock: lock.handle,
    ping: ping.handle,
    pong: pong.handle,
    there: there.handle,
    back: back.handle,
    start: start.handle,
  } satisfies PartyHandles)

  const half = halves({ lock, ping, pong, there, back })
  return {
    uncontended: (name, count) => uncontended(alone[name], count),
    both(measure, count) {
      other.send({ measure, count })
      start.waitSync()
      const startedAt = performance.now()
      half[measure](count)
      start.waitSync()
      return (performance.now() - startedAt) / 1000
    },
    async echoAwaited(count) {
      other.send({ measure: 'echo', count })
      await start.wait()
      const startedAt = performance.now()
      for (let i = 0; i < count; i++) {
        await there.put(i)
        if ((await back.get()) !== i) throw new Error('the queue gave back another number')
      }
      await start.wait()
      return (performance.now() - startedAt) / 1000
    },
    stop() {
      other.stop()
      for (const one of [...Object.values(alone), ping, pong, there, back, start]) {
        one.unlink()
        one.close()
      }
    },
  }
}

/** What both parties have. */
interface Shared {
  readonly lock: Lock
  readonly ping: Semaphore
  readonly pong: Semaphore
  readonly there: Queue<unknown>
  readonly back: Queue<unknown>
}

/** This party's half of each measurement. */
function halves({ lock, ping, pong, there, back }: Shared): Readonly<Record<SharedMeasure, (count: number) => void>> {
  return {
    contended(count) {
      for (let i = 0; i < count; i++) {
        lock.acquireSync()
        lock.release()
      }
    },
    handOff(count) {
      for (let i = 0; i < count; i++) {
        ping.release()
        pong.acquireSync()
      }
    },
    numbers(count) {
      for (let i = 0; i < count; i++) if (there.getSync() !== i) throw new Error('the queue gave numbers out of order')
    },
    records(count) {
      for (let i = 0; i < count; i++) there.getSync()
    },
    echo(count) {
      for (let i = 0; i < count; i++) {
        there.putSync(i)
        if (back.getSync() !== i) throw new Error('the queue gave back another number')
      }
    },
  }
}

function uncontended(lock: { acquireSync(): unknown; release(): void }, count: number): number {
  const startedAt = performance.now()
  for (let i = 0; i < count; i++) {
    lock.acquireSync()
    lock.release()
  }
  return (performance.now() - startedAt) / 1000
}

/** The other party. A message reaches it although this thread blocks right afterwards. */
function startOther(memory: MemoryKind): { send(message: object): void; stop(): void } {
  if (memory === 'thread') {
    const worker = new Worker(PROGRAM, { execArgv: FLAGS })
    return { send: (message) => worker.postMessage(message), stop: () => void worker.terminate() }
  }
  const child = fork(PROGRAM, { execArgv: FLAGS, serialization: 'advanced' })
  return { send: (message) => void child.send(message), stop: () => child.disconnect() }
}
