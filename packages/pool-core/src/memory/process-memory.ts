import { isMainThread } from 'node:worker_threads'
import { ForkpoolError } from '../base/errors.ts'
import { futexWaiter } from './futex-waiter.ts'
import type { Memory, PendingWait, ProcessMemoryHandle, WaitOutcome } from './memory.ts'
import { posix } from './posix.ts'
import { Segment } from './segment.ts'

/**
 * A thread other than the main one looks up this often from a blocking wait, because `worker.terminate()` cannot end a system call.
 * It then lines up again at the end of the kernel's queue.
 */
const TERMINATE_CHECK_MS = 250

/** A memory shared by processes: a file of `/dev/shm`, mapped; waiting is by futex. */
export class ProcessMemory implements Memory {
  readonly kind = 'process'
  readonly handle: ProcessMemoryHandle
  readonly #segment: Segment
  #words: Int32Array
  #bytes: Uint8Array
  #isClosed = false
  readonly #pending = new Set<PendingWait>()

  private constructor(segment: Segment) {
    const { name, byteLength } = segment
    this.handle = { kind: 'process', name, byteLength, waiting: posix().hasFutex ? 'futex' : 'polling' }
    this.#segment = segment
    const buffer = segment.buffer()
    this.#words = new Int32Array(buffer, 0, byteLength >> 2)
    this.#bytes = new Uint8Array(buffer)
  }

  /**
   * Creates zeroed memory, readable and writable by this user only.
   * @param name without one, a fresh one is made. @throws ForkpoolError ALREADY_EXISTS.
   */
  static create(byteLength: number, name?: string): ProcessMemory {
    return new ProcessMemory(Segment.create(byteLength, name))
  }

  /** Opens memory that exists, in the size it was created with. @throws ForkpoolError NOT_FOUND. */
  static attach(name: string): ProcessMemory {
    return new ProcessMemory(Segment.attach(name))
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
    this.#check()
    const address = this.#segment.address + 4 * word
    if (isMainThread || timeoutMs <= TERMINATE_CHECK_MS) return posix().futexWait(address, expected, timeoutMs)
    for (let leftMs = timeoutMs; ; leftMs -= TERMINATE_CHECK_MS) {
      const outcome = posix().futexWait(address, expected, Math.min(leftMs, TERMINATE_CHECK_MS))
      if (outcome !== 'timed-out' || leftMs <= TERMINATE_CHECK_MS) return outcome
    }
  }

  waitAsync(word: number, expected: number, timeoutMs: number = Infinity): PendingWait {
    this.#check()
    const waiting = futexWaiter().wait(this.#words, word, this.#segment.address + 4 * word, expected, timeoutMs)
    const pending: PendingWait = {
      settled: waiting.settled.finally(() => this.#pending.delete(pending)),
      cancel: () => waiting.cancel(),
    }
    this.#pending.add(pending)
    return pending
  }

  notify(word: number, count: number): number {
    this.#check()
    return posix().futexWake(this.#segment.address + 4 * word, count)
  }

  close(): void {
    if (this.#isClosed) return
    for (const pending of this.#pending) pending.cancel()
    this.#isClosed = true
    // Detaching turns every view that was handed out into an empty one, so that none can touch the unmapped pages.
    ;(this.#words.buffer as ArrayBuffer).transfer(0)
    this.#segment.close()
    this.#words = new Int32Array(0)
    this.#bytes = new Uint8Array(0)
  }

  unlink(): void {
    this.#segment.unlink()
  }

  #check(): void {
    if (this.#isClosed) throw new ForkpoolError('CLOSED', `The shared memory ${this.handle.name} was closed by this thread.`)
  }
}
