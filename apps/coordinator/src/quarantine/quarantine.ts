import { ForkpoolError } from '@forkpool/pool-core/base'
import { blockBytes, sliceBlock } from '@forkpool/pool-core/protocol'
import type { ItemBlock, WireError } from '@forkpool/pool-core/protocol'
import type { BatchRequest } from '../batch-request.ts'

/** A task that was given up because its worker ended each time that it ran, with all that is needed to run it again. */
export interface QuarantinedTask {
  /** `BATCH.INDEX`. */
  readonly id: string
  readonly batch: string
  readonly index: number
  /** As its batch was asked for; the pool by its name. */
  readonly request: BatchRequest & { readonly pool: string; readonly poolSize: number }
  readonly item: ItemBlock
  readonly attempts: number
  readonly error: WireError
  /** Wall clock, milliseconds since 1970. */
  readonly at: number
}

export interface QuarantineLimits {
  /** Tasks at most; then the oldest is forgotten. */
  readonly tasksMax: number
  /** Bytes of items at most, likewise. One item alone may be larger. */
  readonly bytesMax: number
}

/**
 * The tasks that crashed their workers until they were given up, the last ones, in memory. Their failure is recorded with their batch for as long
 * as the batch is kept; here they stand with their item, to be looked at, run again or dropped.
 */
export class Quarantine {
  readonly #limits: QuarantineLimits
  /** In order of arrival. */
  readonly #tasks = new Map<string, QuarantinedTask>()
  #bytes = 0
  /** Tasks that were forgotten for newer ones. */
  #forgotten = 0

  constructor(limits: QuarantineLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#tasks.size
  }

  get forgotten(): number {
    return this.#forgotten
  }

  /** @param block and @param offset where the item lies; it is copied, for the block will be released. */
  add(task: Omit<QuarantinedTask, 'id' | 'item'>, block: ItemBlock, offset: number): void {
    const item = ownCopy(sliceBlock(block, offset, 1))
    const id = `${task.batch}.${task.index}`
    this.#tasks.set(id, { ...task, id, item })
    this.#bytes += blockBytes(item)
    for (const oldest of this.#tasks.keys()) {
      if (this.#tasks.size <= this.#limits.tasksMax && (this.#bytes <= this.#limits.bytesMax || this.#tasks.size === 1)) return
      this.drop(oldest)
      this.#forgotten++
    }
  }

  /** Newest first, `limit` at most. */
  list(limit: number): readonly QuarantinedTask[] {
    return [...this.#tasks.values()].toReversed().slice(0, limit)
  }

  /** @throws ForkpoolError NOT_FOUND. */
  demand(id: string): QuarantinedTask {
    const task = this.#tasks.get(id)
    if (task === undefined)
      throw new ForkpoolError('NOT_FOUND', `no task ${id.slice(0, 100)} is in quarantine; \`forkpool quarantine list\` lists them`)
    return task
  }

  /** Forgets a task; false: it is not here. */
  drop(id: string): boolean {
    const task = this.#tasks.get(id)
    if (task === undefined) return false
    this.#tasks.delete(id)
    this.#bytes -= blockBytes(task.item)
    return true
  }
}

/** A slice shares the bytes of its block, which would be kept for it. */
function ownCopy(item: ItemBlock): ItemBlock {
  return { ...item, bytes: item.bytes.slice(), ...(item.offsets !== undefined && { offsets: item.offsets.slice() }) }
}
