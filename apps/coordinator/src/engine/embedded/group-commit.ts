import { setImmediate } from 'node:timers/promises'
import { deferred } from '@forkpool/pool-core/base'
import type { Deferred } from '@forkpool/pool-core/base'
import type { Change } from './store.ts'

/** A commit of this many bytes takes some ten milliseconds; what comes meanwhile waits for the next. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024
const GROUP_CHANGES_MAX = 20_000

interface Group {
  readonly changes: Change[]
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
  write(changes: readonly Change[]): Promise<void> {
    const group = this.#openGroup()
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
    const group: Group = { changes: [], bytes: 0, done: deferred<void>() }
    this.#waiting.push(group)
    return group
  }

  async #writeAll(): Promise<void> {
    for (let group = this.#waiting.shift(); group !== undefined; group = this.#waiting.shift()) {
      try {
        await this.#commit(group.changes)
        group.done.resolve()
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
