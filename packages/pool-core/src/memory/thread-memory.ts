import { ForkpoolError } from '../base/errors.ts'
import { keepAlive } from './keep-alive.ts'
import type { Memory, PendingWait, ThreadMemoryHandle, WaitOutcome } from './memory.ts'

/** A memory shared by the threads of one process: a SharedArrayBuffer with `Atomics.wait`, `waitAsync` and `notify`. */
export class ThreadMemory implements Memory {
  readonly kind = 'thread'
  readonly handle: ThreadMemoryHandle
  #words: Int32Array
  #bytes: Uint8Array
  #isClosed = false
  readonly #pending = new Set<PendingWait>()

  /** @param source bytes to allocate, zeroed, or the handle of a memory that exists. */
  constructor(source: number | ThreadMemoryHandle) {
    const buffer = typeof source === 'number' ? new SharedArrayBuffer((source + 7) & ~7) : source.buffer
    this.handle = { kind: 'thread', buffer, waiting: 'atomics' }
    this.#words = new Int32Array(buffer, 0, buffer.byteLength >> 2)
    this.#bytes = new Uint8Array(buffer)
  }

  get words(): Int32Array {
    return this.#words
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  wait(word: number, expected: number, timeoutMs: number): WaitOutcome {
    return Atomics.wait(this.#words, word, expected, timeoutMs)
  }

  waitAsync(word: number, expected: number, timeoutMs: number = Infinity): PendingWait {
    if (this.#isClosed) throw new ForkpoolError('CLOSED', 'The memory was closed by this thread.')
    const words = this.#words
    const result = Atomics.waitAsync(words, word, expected, timeoutMs)
    if (!result.async) return { settled: Promise.resolve(result.value), cancel: () => {} }
    // A promise of waitAsync does not keep the event loop alive, and a program that waits for a lock must not just end.
    const release = keepAlive()
    let isGivenUp = false
    const pending: PendingWait = {
      settled: result.value.then((outcome) => {
        release()
        this.#pending.delete(pending)
        return isGivenUp ? 'timed-out' : outcome
      }),
      cancel: () => {
        if (isGivenUp) return
        isGivenUp = true
        // JavaScript cannot withdraw a waitAsync, and left in the list it would swallow another's wake-up. So everybody on the word
        // is woken early, once: the others look, find nothing, and wait again.
        Atomics.notify(words, word)
      },
    }
    this.#pending.add(pending)
    return pending
  }

  notify(word: number, count: number): number {
    return Atomics.notify(this.#words, word, count)
  }

  close(): void {
    if (this.#isClosed) return
    for (const pending of this.#pending) pending.cancel()
    this.#isClosed = true
    this.#words = new Int32Array(0)
    this.#bytes = new Uint8Array(0)
  }

  unlink(): void {}
}
