import { readFile } from 'node:fs/promises'
import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'

/** Read so often: fresh enough for a page, and nothing that a busy machine feels. */
const INTERVAL_MS = 2_000

/** Read so often where workers are ended by it. A reading costs some 50 µs a process. */
const INTERVAL_LIMITED_MS = 250

/** Bytes in a page on every Linux that Node runs on by default. */
const PAGE_BYTES = 4096

/** Resident memory of processes, read from /proc now and then: no worker is asked, so a stuck one is seen as well. Elsewhere unknown. */
export class ResidentMemory {
  readonly #clock: Clock
  readonly #pids: () => Iterable<number>
  readonly #intervalMs: number
  readonly #onRead: () => void
  #bytes = new Map<number, number>()
  #cancel: Cancel | undefined
  #stopped = false

  /** @param onRead called after each reading. @param isLimited whether there are limits to be held by it. */
  constructor(clock: Clock, pids: () => Iterable<number>, onRead: () => void, isLimited: boolean) {
    this.#clock = clock
    this.#pids = pids
    this.#onRead = onRead
    this.#intervalMs = isLimited ? INTERVAL_LIMITED_MS : INTERVAL_MS
  }

  start(): void {
    void this.#read()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  /** Resident bytes of a process at the last reading; null: not known. */
  of(pid: number): number | null {
    return this.#bytes.get(pid) ?? null
  }

  total(): number {
    let sum = 0
    for (const bytes of this.#bytes.values()) sum += bytes
    return sum
  }

  async #read(): Promise<void> {
    const bytes = new Map<number, number>()
    for (const pid of this.#pids()) {
      const pages = Number((await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')).split(' ')[1])
      if (Number.isFinite(pages)) bytes.set(pid, pages * PAGE_BYTES)
    }
    this.#bytes = bytes
    if (this.#stopped) return
    this.#onRead()
    this.#cancel = this.#clock.schedule(after(this.#clock.now(), this.#intervalMs), () => void this.#read(), { unref: true })
  }
}
