import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  JoinableQueue,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
  SharedArray,
  SimpleQueue,
  Value,
} from '../src/sync/index.ts'
import { KINDS } from './sync-actors.ts'
import type { StressJob, StressTally } from './sync-stress-actor.ts'

const ACTORS = 4
/** Together, on each primitive. */
const OPERATIONS = 100_000
/** One seed by default, 20 with FORKPOOL_STRESS_SEEDS=20. */
const SEEDS = Array.from({ length: Number(process.env['FORKPOOL_STRESS_SEEDS'] ?? 1) }, (_, index) => index + 1)

describe.each(KINDS)('100,000 random operations from 4 %s actors', (memory) => {
  let actors: (Worker | ChildProcess)[]
  beforeAll(() => {
    const file = new URL('./sync-stress-actor.ts', import.meta.url)
    const execArgv = ['--conditions=forkpool-source']
    actors = Array.from({ length: ACTORS }, () =>
      memory === 'thread' ? new Worker(file, { execArgv }) : fork(file, { execArgv, serialization: 'advanced' }),
    )
  })
  afterAll(async () => {
    await Promise.all(
      actors.map(async (actor) => {
        if (actor instanceof Worker) return actor.terminate()
        const exited = once(actor, 'exit')
        actor.disconnect()
        return exited
      }),
    )
  })

  const makers = {
    Lock: () => new Lock({ memory }),
    'robust Lock': () => new Lock({ memory, robust: true }),
    RLock: () => new RLock({ memory }),
    Semaphore: () => new Semaphore({ memory, permits: 3 }),
    BoundedSemaphore: () => new BoundedSemaphore({ memory, permits: 3 }),
    Event: () => new Event({ memory }),
    Condition: () => new Condition({ memory }),
    Barrier: () => new Barrier({ memory, parties: ACTORS }),
    Value: () => new Value('i32', 0, { memory }),
    Queue: () => new Queue<number>({ memory, maxSize: 16 }),
    LifoQueue: () => new LifoQueue<number>({ memory, maxSize: 16 }),
    PriorityQueue: () => new PriorityQueue<number>({ memory, maxSize: 16 }),
    JoinableQueue: () => new JoinableQueue<number>({ memory, maxSize: 16 }),
    SimpleQueue: () => new SimpleQueue<number>({ memory }),
  }

  test.each(SEEDS.flatMap((seed) => Object.keys(makers).map((name) => [name, seed] as const)))('%s, seed %i', async (name, seed) => {
    const primitive = makers[name as keyof typeof makers]()
    const scratch = new SharedArray('i32', 4, { memory, lock: false })
    const tallies = await Promise.all(
      actors.map(async (actor, index) => {
        const job: StressJob = {
          primitive: name,
          handle: primitive.handle,
          scratch: scratch.handle,
          seed,
          actor: index,
          operations: OPERATIONS / ACTORS,
        }
        const answer = once(actor, 'message')
        if (actor instanceof Worker) actor.postMessage(job)
        else actor.send(job)
        return ((await answer) as [StressTally])[0]
      }),
    )
    const sum = (of: keyof StressTally): number => tallies.reduce((total, tally) => total + tally[of], 0)
    expect(sum('violations')).toBe(0)
    expect(sum('ins')).toBeGreaterThan(0)
    if (primitive instanceof Lock || primitive instanceof RLock) {
      expect(scratch.get(1)).toBe(sum('ins'))
      expect(primitive.isLocked).toBe(false)
    } else if (primitive instanceof Semaphore) {
      expect(primitive.statistics()).toEqual({ permits: 3, waiters: 0 })
    } else if (primitive instanceof Event) {
      expect(primitive.statistics().waiters).toBe(0)
    } else if (primitive instanceof Condition) {
      expect(scratch.get(2)).toBe(sum('ins') - sum('outs'))
      expect(primitive.statistics().waiters).toBe(0)
    } else if (primitive instanceof Barrier) {
      expect(primitive.statistics()).toEqual({ parties: ACTORS, waiting: 0, isBroken: false })
      expect(scratch.get(2)).toBe(OPERATIONS)
    } else if (primitive instanceof Value) {
      expect(primitive.value).toBe(OPERATIONS)
    } else {
      const left: number[] = []
      for (let next = primitive.tryGet(); next !== undefined; next = primitive.tryGet()) left.push(next.value)
      expect(sum('outs') + left.length).toBe(sum('ins'))
      expect(sum('sumOut') + left.reduce((total, item) => total + item, 0)).toBe(sum('sumIn'))
      expect(primitive.statistics()).toMatchObject({ size: 0, waitingToGet: 0, waitingToPut: 0 })
    }
    for (const one of [primitive, scratch]) {
      one.unlink()
      one.close()
    }
  })
})
