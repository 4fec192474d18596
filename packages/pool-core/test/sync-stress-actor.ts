import { parentPort } from 'node:worker_threads'
import { Barrier, Condition, Event, Lock, RLock, Semaphore, SharedArray, Value, attach } from '../src/sync/index.ts'
import type { ElementsHandle, Handle, LifoQueue, PriorityQueue, Queue, SimpleQueue } from '../src/sync/index.ts'

/** What one actor shall do, and with what. */
export interface StressJob {
  readonly primitive: string
  readonly handle: Handle
  readonly scratch: ElementsHandle
  readonly seed: number
  readonly actor: number
  readonly operations: number
}

/** What it did: the test adds these up. */
export interface StressTally {
  readonly ins: number
  readonly outs: number
  readonly sumIn: number
  readonly sumOut: number
  /** What no actor may ever see. */
  readonly violations: number
}

/** A small generator (mulberry32): the same seed, the same choices. */
function chances(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type AnyQueue = Queue<number> | LifoQueue<number> | PriorityQueue<number>

type Mutable<Tally> = { -readonly [Key in keyof Tally]: Tally[Key] }

const timeouts = (chance: () => number) => (): number => (chance() < 0.5 ? 0 : chance())

/** One put or one get, waiting or not. */
function useQueue(queue: AnyQueue | SimpleQueue<number>, item: number, chance: () => number, tally: Mutable<StressTally>): void {
  const timeoutMs = timeouts(chance)
  try {
    if (chance() < 0.5) {
      if (chance() < 0.3 && 'tryPut' in queue) {
        if (!queue.tryPut(item)) return
      } else queue.putSync(item, { timeoutMs: timeoutMs() })
      tally.ins++
      tally.sumIn += item
    } else {
      const got = chance() < 0.3 ? queue.tryGet()?.value : queue.getSync({ timeoutMs: timeoutMs() })
      if (got === undefined) return
      tally.outs++
      tally.sumOut += got
      if ('taskDone' in queue) queue.taskDone()
    }
  } catch (error) {
    if (!['QUEUE_EMPTY', 'QUEUE_FULL'].includes((error as { code: string }).code)) throw error
  }
}

/** Words of the scratch array: 0 counts those inside, 1 is changed without atomics, 2 counts things. */
function run(job: StressJob): StressTally {
  const tally = { ins: 0, outs: 0, sumIn: 0, sumOut: 0, violations: 0 }
  const chance = chances(job.seed * 31 + job.actor)
  const object = attach(job.handle)
  const words = SharedArray.attach(job.scratch as never).raw as unknown as Int32Array
  const exclusive = (limit: number): void => {
    if (Atomics.add(words, 0, 1) >= limit) tally.violations++
    if (limit === 1) words[1] = (words[1] ?? 0) + 1
    tally.ins++
    Atomics.sub(words, 0, 1)
  }
  const timeoutMs = timeouts(chance)
  for (let i = 0; i < job.operations; i++) {
    if (object instanceof Lock || object instanceof RLock || object instanceof Semaphore) {
      const limit = object instanceof Semaphore ? 3 : 1
      const pick = chance()
      const held = pick < 0.6 ? object.acquireSync() : pick < 0.8 ? object.tryAcquire() : object.acquireSync({ timeoutMs: timeoutMs() })
      if (held !== undefined) {
        if (object instanceof RLock && chance() < 0.3) object.acquireSync().release()
        exclusive(limit)
        held.release()
      }
    } else if (object instanceof Event) {
      const pick = chance()
      if (pick < 0.3) object.set()
      else if (pick < 0.5) object.clear()
      else if (object.waitSync({ timeoutMs: timeoutMs() / 4 })) tally.ins++
    } else if (object instanceof Condition) {
      using _held = object.acquireSync()
      if (chance() < 0.5) {
        words[2] = (words[2] ?? 0) + 1
        tally.ins++
        object.notify()
      } else if (object.waitForSync(() => (words[2] ?? 0) > 0, { timeoutMs: timeoutMs() / 4 })) {
        words[2] = (words[2] ?? 0) - 1
        tally.outs++
        if ((words[2] ?? 0) < 0) tally.violations++
      }
    } else if (object instanceof Barrier) {
      const before = Atomics.add(words, 2, 1)
      object.waitSync()
      // Everybody of this round has added by now, and nobody can be two rounds ahead.
      const after = Atomics.load(words, 2)
      if (after < (i + 1) * object.parties || after > (i + 2) * object.parties || before > (i + 1) * object.parties) tally.violations++
      tally.ins++
    } else if (object instanceof Value) {
      ;(object as Value<'i32'>).update((value) => value + 1)
      tally.ins++
    } else useQueue(object as AnyQueue | SimpleQueue<number>, job.actor * 1_000_000 + i, chance, tally)
  }
  return tally
}

if (parentPort !== null) {
  const port = parentPort
  port.on('message', (job: StressJob) => port.postMessage(run(job)))
} else {
  process.on('message', (job: StressJob) => process.send?.(run(job)))
  process.on('disconnect', () => process.exit(0))
}
