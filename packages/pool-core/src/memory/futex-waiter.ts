import { Worker } from 'node:worker_threads'
import { after, systemClock } from '../base/clock.ts'
import type { Cancel } from '../base/clock.ts'
import { programFile } from '../package-files.ts'
import { keepAlive } from './keep-alive.ts'
import type { PendingWait, WaitOutcome } from './memory.ts'
import { PollingWaits } from './polling-waits.ts'
import { posix } from './posix.ts'
import { BLOCK, BLOCK_BYTES, ENTRY_BYTES, WORDS_PER_THREAD } from './futex-waiter-block.ts'

/** One word that somebody in this event loop waits for. */
interface WatchedWord {
  readonly words: Int32Array
  readonly word: number
  readonly address: number
  readonly expected: number
  readonly settlers: Set<(outcome: WaitOutcome) => void>
  readonly thread: WaiterThread
}

/**
 * Waits for words of process memory without blocking the event loop. Node's own thread pool will not do: four waits that last would
 * stop all file access and DNS of the program, and a fifth would never begin. So each event loop that waits has a thread of its own,
 * started at its first wait, which sleeps on all the words at once (`futex_waitv`) and tells the loop to look. Its cost is one thread
 * for every 127 different words; how many waiters a word has does not matter. Where the kernel lacks the call, the loop polls.
 */
class FutexWaiter {
  readonly #watched = new Map<number, WatchedWord>()
  readonly #threads: WaiterThread[] = []
  readonly #polling = new PollingWaits(systemClock)
  /** A waiter thread could not start, or died: from then on this loop polls. */
  #hasFailed = false

  wait(words: Int32Array, word: number, address: number, expected: number, timeoutMs: number): PendingWait {
    if (!posix().hasFutexWaitv || this.#hasFailed) return this.#polling.wait(words, word, expected, timeoutMs)
    if (Atomics.load(words, word) !== expected) return { settled: Promise.resolve('not-equal'), cancel: () => {} }
    const watched = this.#watch(words, word, address, expected)
    const release = keepAlive()
    let stopTimer: Cancel = () => {}
    let settle: (outcome: WaitOutcome) => void = () => {}
    const settled = new Promise<WaitOutcome>((resolve) => {
      settle = (outcome) => {
        if (!watched.settlers.delete(settle)) return
        stopTimer()
        release()
        if (watched.settlers.size === 0) this.#unwatch(watched)
        resolve(outcome)
      }
    })
    watched.settlers.add(settle)
    const giveUp = (): void => {
      if (!watched.settlers.has(settle)) return
      settle('timed-out')
      // The thread may have taken a wake-up that this wait no longer needs: it is passed on. One too many does no harm.
      if (!watched.thread.isStopped) posix().futexWake(address, 1)
    }
    if (timeoutMs !== Infinity) stopTimer = systemClock.schedule(after(systemClock.now(), timeoutMs), giveUp)
    return { settled, cancel: giveUp }
  }

  /** The entry for a word. A word whose value moved on since is settled first: its waiters have what they waited for. */
  #watch(words: Int32Array, word: number, address: number, expected: number): WatchedWord {
    const present = this.#watched.get(address)
    if (present !== undefined) {
      if (present.expected === expected) return present
      this.#settle(present)
    }
    let thread = this.#threads.find((candidate) => candidate.hasRoom)
    if (thread === undefined) {
      thread = new WaiterThread(
        (addresses) => this.#look(addresses),
        () => this.#fail(),
      )
      this.#threads.push(thread)
    }
    const watched: WatchedWord = { words, word, address, expected, settlers: new Set(), thread }
    this.#watched.set(address, watched)
    thread.add(address, expected)
    return watched
  }

  #unwatch(watched: WatchedWord): void {
    this.#watched.delete(watched.address)
    watched.thread.remove(watched.address)
  }

  /** The thread was woken: which of its words have changed? By the contract a wake-up comes after a change, so none is missed. */
  #look(addresses: readonly number[]): void {
    for (const address of addresses) {
      const watched = this.#watched.get(address)
      if (watched !== undefined && Atomics.load(watched.words, watched.word) !== watched.expected) this.#settle(watched)
    }
  }

  /** Wakes everybody early, so that they look and wait again, by polling. */
  #fail(): void {
    this.#hasFailed = true
    for (const watched of this.#watched.values()) this.#settle(watched)
  }

  #settle(watched: WatchedWord): void {
    for (const settle of watched.settlers) settle('ok')
  }
}

/** One thread that sleeps, and the block of memory through which it is told on what. */
class WaiterThread {
  readonly #address: number
  readonly #words: Int32Array
  readonly #entries: BigUint64Array
  /** In the order of the entries, from entry 1; entry 0 is the control word. Written by `add` and `remove` only. */
  readonly #addresses: number[] = []
  readonly #worker: Worker
  isStopped = false

  constructor(onWake: (addresses: readonly number[]) => void, onFailure: () => void) {
    this.#address = posix().map(-1, BLOCK_BYTES)
    const buffer = posix().view(this.#address, BLOCK_BYTES)
    this.#words = new Int32Array(buffer)
    this.#entries = new BigUint64Array(buffer)
    this.#write(0, this.#address + 4 * BLOCK.GENERATION, 0)
    this.#worker = new Worker(programFile('memory/futex-waiter-thread'), {
      workerData: this.#address,
      // The program's own flags are not for this file, and some (--input-type) would keep it from starting.
      execArgv: [],
      name: 'forkpool-futex-waiter',
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    })
    this.#worker.on('message', () => {
      onWake([...this.#addresses])
      this.#changed()
    })
    this.#worker.on('error', () => {
      this.isStopped = true
      onFailure()
    })
    // After the listener, which would keep the program alive again. A wait that is pending keeps it alive by itself.
    this.#worker.unref()
    // The thread sleeps in the kernel where nothing can end it, and a process waits for its threads before it exits.
    process.once('exit', () => this.#stop())
  }

  get hasRoom(): boolean {
    return !this.isStopped && this.#addresses.length < WORDS_PER_THREAD
  }

  add(address: number, expected: number): void {
    this.#addresses.push(address)
    this.#write(this.#addresses.length, address, expected)
    this.#changed()
  }

  remove(address: number): void {
    const at = this.#addresses.indexOf(address)
    const last = this.#addresses.pop()
    if (last === undefined || at === -1) return
    // The last entry moves into the gap. The thread may be reading just now; the change of generation makes it read again.
    if (at < this.#addresses.length) {
      this.#addresses[at] = last
      const from = (ENTRY_BYTES / 8) * (this.#addresses.length + 1)
      const to = (ENTRY_BYTES / 8) * (at + 1) + BLOCK.ENTRIES / 2
      this.#entries.copyWithin(to, from + BLOCK.ENTRIES / 2, from + BLOCK.ENTRIES / 2 + ENTRY_BYTES / 8)
    }
    this.#changed()
  }

  #write(index: number, address: number, expected: number): void {
    const at = BLOCK.ENTRIES / 2 + (index * ENTRY_BYTES) / 8
    this.#entries[at] = BigInt(expected >>> 0)
    this.#entries[at + 1] = BigInt(address)
    this.#entries[at + 2] = BLOCK.FUTEX_32
  }

  #changed(): void {
    if (this.isStopped) return
    Atomics.store(this.#words, BLOCK.COUNT, this.#addresses.length)
    Atomics.add(this.#words, BLOCK.GENERATION, 1)
    posix().futexWake(this.#address + 4 * BLOCK.GENERATION, 1)
  }

  #stop(): void {
    Atomics.store(this.#words, BLOCK.STOP, 1)
    this.#changed()
    this.isStopped = true
  }
}

let waiter: FutexWaiter | undefined

/** The waiter of this thread's event loop, made at the first call. */
export function futexWaiter(): FutexWaiter {
  waiter ??= new FutexWaiter()
  return waiter
}
