import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Memory, MemoryHandle, PendingWait, WaitOutcome } from './memory.ts'
import { PollingWaits } from './polling-waits.ts'

/**
 * Waiting by looking again and again, for systems without futex: the words of another memory, the same contract, and no kernel in it.
 * It says so: `handle.waiting` is `polling`. Every holder of a memory must wait in the same way, because `notify` does nothing here;
 * attaching by handle sees to that. A wake-up is up to 5 ms late, and order among waiters is not kept.
 */
export class PollingMemory implements Memory {
  readonly handle: MemoryHandle
  readonly #inner: Memory
  readonly #waits: PollingWaits
  readonly #pending = new Set<PendingWait>()

  constructor(inner: Memory, clock: Clock = systemClock) {
    this.#inner = inner
    this.#waits = new PollingWaits(clock)
    this.handle = { ...inner.handle, waiting: 'polling' }
  }

  get kind(): Memory['kind'] {
    return this.#inner.kind
  }

  get words(): Int32Array {
    return this.#inner.words
  }

  get bytes(): Uint8Array {
    return this.#inner.bytes
  }

  get isClosed(): boolean {
    return this.#inner.isClosed
  }

  wait(word: number, expected: number, timeoutMs: number): WaitOutcome {
    return this.#waits.waitSync(this.#inner.words, word, expected, timeoutMs)
  }

  waitAsync(word: number, expected: number, timeoutMs: number = Infinity): PendingWait {
    const waiting = this.#waits.wait(this.#inner.words, word, expected, timeoutMs)
    const pending: PendingWait = {
      settled: waiting.settled.finally(() => this.#pending.delete(pending)),
      cancel: () => waiting.cancel(),
    }
    this.#pending.add(pending)
    return pending
  }

  /** Nobody sleeps in the kernel, so nobody has to be woken. */
  notify(): number {
    return -1
  }

  close(): void {
    for (const pending of this.#pending) pending.cancel()
    this.#inner.close()
  }

  unlink(): void {
    this.#inner.unlink()
  }
}
