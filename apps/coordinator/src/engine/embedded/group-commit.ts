import { setImmediate } from 'node:timers/promises'
import { deferred } from '@forkpool/pool-core/base'
import type { Deferred } from '@forkpool/pool-core/base'
import type { Change } from './store.ts'

/** A commit of this many bytes takes some ten milliseconds; what comes meanwhile waits for the next. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024
const GROUP_CHANGES_MAX = 20_000

/** What a caller decides when its commit begins, and everything is known that is in it. All of a commit are told one thing before the next. */
export interface LateChanges {
  /** The commit begins. */
  begin(): void
  /** What goes into it, behind everything that was given before. */
  changes(): readonly Change[]
  /** It is made, or has failed; before the promises of `write` settle. */
  ended(isMade: boolean): void
}

interface Group {
  readonly changes: Change[]
  readonly late: LateChanges[]
  bytes: number
  readonly done: Deferred<void>
}

/**
 * Writes in the order in which it is asked to, one commit at a time: all that comes while the disk works goes with the next commit, so
 * that a thousand callers share one flush. Changes that are given together are committed together.
 *
 * When a commit fails, everything that was asked for until then fails with it: what waited may build on what failed.
 */
export class GroupCommit {
  readonly #commit: (changes: readonly Change[]) => Promise<void>
  /** Groups that wait, the last of them still open. */
  #waiting: Group[] = []
  #isWriting = false
  #idle: Deferred<void> | undefined

  constructor(commit: (changes: readonly Change[]) => Promise<void>) {
    this.#commit = commit
  }

  /** Resolves when the changes are on the disk. Rejects with the commit's error; then none of them is. */
  write(changes: readonly Change[], late?: LateChanges): Promise<void> {
    const group = this.#openGroup()
    if (late !== undefined) group.late.push(late)
    for (const change of changes) {
      group.changes.push(change)
      group.bytes += change.key.length + (change.value?.length ?? 0)
    }
    if (!this.#isWriting) {
      this.#isWriting = true
      // After this turn's other callers.
      queueMicrotask(() => void this.#writeAll())
    }
    return group.done.promise
  }

  /** Resolves when nothing is asked for any more. */
  async idle(): Promise<void> {
    if (!this.#isWriting) return
    this.#idle ??= deferred<void>()
    await this.#idle.promise
  }

  #rejectAll(groups: readonly Group[], error: unknown): void {
    const failed = [...groups, ...this.#waiting]
    this.#waiting = []
    for (const { done } of failed) done.reject(error)
  }

  #openGroup(): Group {
    const last = this.#waiting.at(-1)
    if (last !== undefined && last.bytes < GROUP_BYTES_MAX && last.changes.length < GROUP_CHANGES_MAX) return last
    const group: Group = { changes: [], late: [], bytes: 0, done: deferred<void>() }
    this.#waiting.push(group)
    return group
  }

  /** Where another group waits, the disk has that first, and then those who wait for this one go on: what they do with results takes as long as a small commit. */
  #tell({ done }: Group): void {
    if (this.#waiting.length === 0) done.resolve()
    else void setImmediate().then(done.resolve)
  }

  async #write({ changes, late }: Group): Promise<void> {
    for (const each of late) each.begin()
    for (const each of late) changes.push(...each.changes())
    let isMade = false
    try {
      if (changes.length > 0) await this.#commit(changes)
      isMade = true
    } finally {
      for (const each of late) each.ended(isMade)
    }
  }

  async #writeAll(): Promise<void> {
    for (let group = this.#waiting.shift(); group !== undefined; group = this.#waiting.shift()) {
      try {
        await this.#write(group)
        this.#tell(group)
      } catch (error) {
        this.#rejectAll([group], error)
        // Somebody may be asking for more at this moment, who has not heard of it yet.
        await setImmediate()
        this.#rejectAll([], error)
      }
      // Those who waited go on before the next group closes: what they ask for now still finds room in it.
      await Promise.resolve()
    }
    this.#isWriting = false
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
