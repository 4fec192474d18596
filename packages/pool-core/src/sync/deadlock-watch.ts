import { ForkpoolError } from '../base/errors.ts'
import { currentOwner, describeOwner, isOwnerAlive } from '../memory/owner.ts'
import { systemClock } from '../base/clock.ts'
import { attachRegion, placeRegion, SharedObject } from './region.ts'
import type { Handle, PlaceOptions, Region } from './region.ts'
import type { BlockedObserver } from './lock-core.ts'

/** Threads that can be blocked at once and still be seen. */
const ENTRIES = 256
const WAITER = 0
const START = 1
const WAIT_NUMBER = 2
const HOLDER = 3
const NAME_LENGTH = 4
const NAME = 5
/** Longer names are cut. */
const NAME_BYTES_MAX = 44
const ENTRY_WORDS = NAME + NAME_BYTES_MAX / 4

/** A circle must stand this long before it is called a deadlock: a holder that was about to release is given the time to do it. */
const CONFIRM_MS = 100

/** How often a blocked thread looks. */
export const WATCH_EVERY_MS = 25

/** Threads that wait for each other. `cycle` names each link. */
export class DeadlockError extends ForkpoolError {
  override readonly name = 'DeadlockError'
  /** One line a thread: who waits for which lock, and who holds it. */
  readonly cycle: readonly string[]

  constructor(cycle: readonly string[]) {
    super('DEADLOCK', `Deadlock: ${cycle.join('; ')}.`)
    this.cycle = cycle
  }
}

export interface DeadlockWatchHandle extends Handle<'deadlock-watch'> {}

/** One edge of the graph. */
interface Edge {
  readonly waiter: number
  readonly waitNumber: number
  readonly holder: number
  readonly lock: string
}

/**
 * A debug aid: a table, in shared memory, of who is blocked on a lock and who holds it. Give the same watch to all locks that belong
 * together, in all threads and processes. Each blocked thread follows the graph from the holder of its lock; when it comes back to
 * itself, and the same circle still stands 100 ms later, the blocking acquire throws `DeadlockError`; the other threads of the circle go on
 * waiting until the locks of this one are released. Async waits are not edges: an event loop that awaits a lock goes on, and can release.
 * Costs nothing while nobody blocks. Source: wait-for graphs, as in databases (Gray, "Notes on Data Base Operating Systems", 1978).
 */
export class DeadlockWatch extends SharedObject {
  readonly #words: Int32Array

  constructor(options: PlaceOptions = {}, region: Region = placeRegion(options, 4 * ENTRIES * ENTRY_WORDS)) {
    super(region)
    this.#words = region.memory.words
  }

  static attach(handle: DeadlockWatchHandle): DeadlockWatch {
    return new DeadlockWatch({}, attachRegion(handle, 'deadlock-watch'))
  }

  get handle(): DeadlockWatchHandle {
    return { forkpool: 'deadlock-watch', memory: this.region.memory.handle, offset: this.region.offset }
  }

  /** Runs a blocking `take` with this thread in the table as waiting for `lock`. */
  guard(lock: string, take: (observe: BlockedObserver) => boolean): boolean {
    const me = currentOwner()
    const entry = this.#claim(me.id, me.start)
    if (entry === undefined) return take(() => {})
    const name = new TextEncoder().encode(lock).subarray(0, NAME_BYTES_MAX)
    this.region.memory.bytes.set(name, 4 * (entry + NAME))
    Atomics.store(this.#words, entry + NAME_LENGTH, name.length)
    let suspect = ''
    let since = 0
    let looked = -Infinity
    try {
      return take((holder) => {
        const now = systemClock.now()
        if (now - looked < WATCH_EVERY_MS) return
        looked = now
        Atomics.store(this.#words, entry + HOLDER, holder)
        const cycle = this.#follow(me.id)
        const key = JSON.stringify(cycle)
        if (cycle === undefined || key !== suspect) {
          suspect = cycle === undefined ? '' : key
          since = now
        } else if (now - since >= CONFIRM_MS && isSpokesman(me.id, cycle)) {
          throw new DeadlockError(
            cycle.map((edge) => `${describeOwner(edge.waiter)} waits for ${edge.lock}, held by ${describeOwner(edge.holder)}`),
          )
        }
      })
    } finally {
      Atomics.store(this.#words, entry + HOLDER, 0)
      Atomics.add(this.#words, entry + WAIT_NUMBER, 1)
      Atomics.store(this.#words, entry + WAITER, 0)
    }
  }

  /** An entry for this thread: a free one, or one of a thread that died. `undefined` when all are taken: then nothing is watched. */
  #claim(id: number, start: number): number | undefined {
    for (let at = 0; at < ENTRIES; at++) {
      const entry = this.region.base + at * ENTRY_WORDS
      const present = Atomics.load(this.#words, entry + WAITER)
      if (present !== 0 && isOwnerAlive(present, Atomics.load(this.#words, entry + START))) continue
      if (Atomics.compareExchange(this.#words, entry + WAITER, present, id) !== present) continue
      Atomics.store(this.#words, entry + START, start)
      Atomics.store(this.#words, entry + HOLDER, 0)
      return entry
    }
    return undefined
  }

  /** The circle through `start`, if there is one. */
  #follow(start: number): Edge[] | undefined {
    const edges = new Map<number, Edge>()
    for (let at = 0; at < ENTRIES; at++) {
      const edge = this.#read(this.region.base + at * ENTRY_WORDS)
      if (edge !== undefined) edges.set(edge.waiter, edge)
    }
    const path: Edge[] = []
    for (let edge = edges.get(start); edge !== undefined && path.length <= ENTRIES; edge = edges.get(edge.holder)) {
      path.push(edge)
      if (edge.holder === start) return path
    }
    return undefined
  }

  #read(entry: number): Edge | undefined {
    const waiter = Atomics.load(this.#words, entry + WAITER)
    const holder = Atomics.load(this.#words, entry + HOLDER)
    if (waiter === 0 || holder === 0) return undefined
    const begin = 4 * (entry + NAME)
    const lock = new TextDecoder().decode(this.region.memory.bytes.slice(begin, begin + Atomics.load(this.#words, entry + NAME_LENGTH)))
    return { waiter, waitNumber: Atomics.load(this.#words, entry + WAIT_NUMBER), holder, lock }
  }
}

/** One of the circle speaks, so that only one has to give up: the one with the greatest number. */
function isSpokesman(id: number, cycle: readonly Edge[]): boolean {
  return cycle.every((edge) => edge.waiter <= id)
}
