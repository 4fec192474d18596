import type { Cancel, Clock, Instant } from '../base/index.ts'
import { after } from '../base/index.ts'
import type { WorkerNote } from '../link/note-channel.ts'

/** Two reports of progress of one worker are so far apart at least, the last of each task apart. */
const PROGRESS_EVERY_MS = 50

type ProgressNote = Extract<WorkerNote, { readonly kind: 'progress' }>

/** What tasks say of themselves, on its way to the pool: logs at once, progress at a bearable rate. */
export class ShardNotes {
  readonly #send: (note: WorkerNote) => void
  readonly #clock: Clock
  /** The last progress of each task that was not sent, by shard and index. */
  readonly #waiting = new Map<string, ProgressNote>()
  #nextAt: Instant | undefined
  #cancelTimer: Cancel | undefined

  constructor(clock: Clock, send: (note: WorkerNote) => void) {
    this.#clock = clock
    this.#send = send
  }

  log(shard: number, index: number, values: readonly unknown[]): void {
    try {
      this.#send({ kind: 'log', shard, index, values })
    } catch {
      // One of them cannot be cloned: a function, a proxy, a handle.
      this.#send({ kind: 'log', shard, index, values: values.map(asSendable) })
    }
  }

  progress(shard: number, index: number, fraction: number, note: string | undefined): void {
    this.#waiting.set(`${shard} ${index}`, { kind: 'progress', shard, index, fraction, note })
    const now = this.#clock.now()
    if (this.#nextAt === undefined || now >= this.#nextAt) this.#flush()
    // A task that waits for long after its report does not keep it back.
    else this.#cancelTimer ??= this.#clock.schedule(this.#nextAt, () => this.#flush(), { unref: true })
  }

  /** The shard's tasks have ended: what they said last comes before their results. */
  ended(shard: number): void {
    if (this.#waiting.size === 0) return
    for (const note of this.#waiting.values()) {
      if (note.shard === shard) {
        this.#flush()
        return
      }
    }
  }

  #flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#nextAt = after(this.#clock.now(), PROGRESS_EVERY_MS)
    for (const note of this.#waiting.values()) this.#send(note)
    this.#waiting.clear()
  }
}

function asSendable(value: unknown): unknown {
  return typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol'
    ? process.getBuiltinModule('node:util').inspect(value)
    : value
}
