import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { Retention } from '../retention.ts'
import { isOverdue } from '../retention.ts'
import { readSize } from './changes.ts'
import type { BatchReader } from './batch-reader.ts'
import type { DiskRoom } from './disk-room.ts'
import type { GroupCommit } from './group-commit.ts'
import { batchRange, ENDED_RANGE, endedKey, idempotencyKeyKey, readEndedKey } from './keys.ts'
import type { Change, Store } from './store.ts'

const SWEEP_EVERY_MS = 60_000
const BATCHES_PER_SWEEP = 256
const KEYS_PER_READ = 1_000
/** A sweep goes on until this share of a limit is reached: else every further batch would cost one. */
const SWEEP_TO = 0.9

/** Ended batches on the disk, in the order in which they ended: how many, how large, and which have to go. */
export class EndedBatches {
  readonly #clock: Clock
  readonly #store: Store
  readonly #reader: BatchReader
  readonly #writes: GroupCommit
  readonly #retention: Retention
  /** What the disk may hold in all: ended batches make room for open ones. */
  readonly #bytesMax: number
  readonly #openBytes: () => number
  readonly #room: DiskRoom
  readonly #dropping = new Map<BatchId, Promise<void>>()
  #batches = 0
  #bytes = 0
  #sweeping: Promise<void> | undefined
  #isSweepDue = false
  #cancelTimer: Cancel | undefined

  constructor(parts: {
    readonly clock: Clock
    readonly store: Store
    readonly reader: BatchReader
    readonly writes: GroupCommit
    readonly retention: Retention
    readonly bytesMax: number
    readonly openBytes: () => number
    readonly room: DiskRoom
  }) {
    this.#clock = parts.clock
    this.#store = parts.store
    this.#reader = parts.reader
    this.#writes = parts.writes
    this.#retention = parts.retention
    this.#bytesMax = parts.bytesMax
    this.#openBytes = parts.openBytes
    this.#room = parts.room
  }

  get batches(): number {
    return this.#batches
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Counts what is there and begins to sweep by age. */
  start(): void {
    let { start } = ENDED_RANGE
    for (;;) {
      const entries = this.#store.entries({ start, end: ENDED_RANGE.end }, KEYS_PER_READ)
      for (const { value } of entries) this.added(readSize(value))
      const last = entries.at(-1)
      if (last === undefined || entries.length < KEYS_PER_READ) break
      start = Buffer.concat([last.key, Buffer.of(0)])
    }
    this.#schedule()
  }

  /** One more has ended; it is on the disk. */
  added(bytes: number): void {
    this.#batches++
    this.#bytes += bytes
    if (this.#batches > this.#retention.batches || this.#bytes > this.#bytesKept()) this.sweep()
  }

  /** Drops what is overdue, oldest first. A failure is left to the next sweep: a full disk is told by whoever writes next. */
  sweep(): void {
    this.#isSweepDue = true
    this.#sweeping ??= this.#sweepWhileDue().finally(() => (this.#sweeping = undefined))
  }

  /** Takes all of an ended batch from the disk; its mark in the queue goes last, so that a crash half-way leaves it to the next sweep. */
  drop(id: BatchId, at: number, bytes: number): Promise<void> {
    const under = this.#dropping.get(id)
    if (under !== undefined) return under
    const dropped = this.#drop(id, at, bytes).finally(() => this.#dropping.delete(id))
    this.#dropping.set(id, dropped)
    return dropped
  }

  async #drop(id: BatchId, at: number, bytes: number): Promise<void> {
    const key = this.#reader.batch(id)?.batch.idempotencyKey
    for (let more = true; more;) {
      const keys = this.#store.keys(batchRange(id), KEYS_PER_READ)
      more = keys.length === KEYS_PER_READ
      const changes: Change[] = keys.map((each) => ({ key: each, value: undefined }))
      if (!more) {
        changes.push({ key: endedKey(at, id), value: undefined })
        if (key !== undefined) changes.push({ key: idempotencyKeyKey(key), value: undefined })
      }
      await this.#writes.write(changes)
    }
    this.#batches--
    this.#bytes -= bytes
  }

  /** Resolves when no sweep runs. */
  async swept(): Promise<void> {
    await this.#sweeping
  }

  /** Stops sweeping; resolves when no sweep runs. */
  async stop(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    await this.#sweeping
  }

  async #sweepWhileDue(): Promise<void> {
    // What is asked for while a sweep runs may be about what that has passed already.
    while (this.#isSweepDue) {
      this.#isSweepDue = false
      await this.#sweep().catch(() => undefined)
    }
  }

  async #sweep(): Promise<void> {
    for (;;) {
      const limits = { ...this.#retention, batches: this.#retention.batches * SWEEP_TO, bytes: this.#bytesKept() * SWEEP_TO }
      const left = { batches: this.#batches, bytes: this.#bytes }
      const drops: Promise<void>[] = []
      for (const { key, value } of this.#store.entries(ENDED_RANGE, BATCHES_PER_SWEEP)) {
        const { at, id } = readEndedKey(key)
        const bytes = readSize(value)
        if (!isOverdue({ endedAt: at, bytes }, left, limits, this.#clock.wallTime())) break
        left.batches--
        left.bytes -= bytes
        drops.push(this.drop(id, at, bytes))
      }
      if (drops.length === 0) return
      await Promise.all(drops)
    }
  }

  /** What retention allows, and less where open batches need the room or the disk gets full. */
  #bytesKept(): number {
    const openBytes = this.#openBytes()
    const missing = 2 * this.#room.reserveBytes - this.#room.bytes(openBytes + this.#bytes)
    const fitting = missing > 0 ? this.#bytes - missing : Infinity
    return Math.max(0, Math.min(this.#retention.bytes, this.#bytesMax - openBytes, fitting))
  }

  #schedule(): void {
    const at = after(this.#clock.now(), SWEEP_EVERY_MS)
    const run = (): void => {
      this.sweep()
      this.#schedule()
    }
    this.#cancelTimer = this.#clock.schedule(at, run, { unref: true })
  }
}
