/** How a wait ended. `ok` may be early: whoever waits looks again at what it waits for. */
export type WaitOutcome = 'ok' | 'not-equal' | 'timed-out'

/** An asynchronous wait that has begun. */
export interface PendingWait {
  /** Never rejects. */
  readonly settled: Promise<WaitOutcome>
  /**
   * Gives the wait up; `settled` then resolves with `timed-out`. A wake-up that this wait took, or might still take, is passed on to
   * the other waiters of the word, so that giving up never costs anybody else a wake-up. Twice is fine.
   */
  cancel(): void
}

/** A memory of one program's threads: the buffer itself travels. */
export interface ThreadMemoryHandle {
  readonly kind: 'thread'
  readonly buffer: SharedArrayBuffer
  readonly waiting: 'atomics' | 'polling'
}

/** A memory of several processes: its name travels, as text. */
export interface ProcessMemoryHandle {
  readonly kind: 'process'
  readonly name: string
  readonly byteLength: number
  readonly waiting: 'futex' | 'polling'
}

/** What another thread or process needs to attach the same memory: plain data, the same for every holder. */
export type MemoryHandle = ThreadMemoryHandle | ProcessMemoryHandle

/**
 * Words that several threads or processes see, and waiting for them to change: the one contract under every primitive of `sync/`.
 *
 * All access to a word that another may write goes through `Atomics` on `words`; these are sequentially consistent in every
 * implementation. The rules of waiting, which every caller keeps (README.md proves what follows from them):
 * 1. a word that is waited for only ever grows (modulo 2^32), and is changed *before* `notify` is called;
 * 2. a wait may end early, so a waiter looks again and waits again.
 */
export interface Memory {
  readonly kind: MemoryHandle['kind']
  /** The bytes as 32-bit words; of length 0 after `close`. */
  readonly words: Int32Array
  /** The same bytes, one by one. */
  readonly bytes: Uint8Array
  /** Whether this holder has closed it. */
  readonly isClosed: boolean
  /** For structured clone, `workerData`, IPC and CBOR; `attachMemory` turns it back. A thread memory's handle stays within its process. */
  readonly handle: MemoryHandle
  /**
   * Blocks this thread until `words[word]` is notified or differs from `expected`.
   * @param timeoutMs milliseconds, `Infinity` for ever. It is the caller's duty not to block an event loop that others need.
   */
  wait(word: number, expected: number, timeoutMs: number): WaitOutcome
  /** The same without blocking. The wait keeps the program alive until it is settled. */
  waitAsync(word: number, expected: number, timeoutMs?: number): PendingWait
  /** Wakes up to `count` waiters of the word, longest asleep first. @returns how many; -1 where the system cannot tell. */
  notify(word: number, count: number): number
  /** Gives up this holder's view: later access to `words` fails. The name, if there is one, stays. Twice is fine. */
  close(): void
  /** Removes the name; holders keep their views. @throws ForkpoolError NOT_FOUND when it is gone already. No effect on a thread memory. */
  unlink(): void
}
