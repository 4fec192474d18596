import type { Clock } from '@forkpool/pool-core/base'
import type { AnyTasks, BatchDefaults, ClusterCallOptions } from '@forkpool/pool-core/batch'
import { BatchCalls } from '@forkpool/pool-core/batch'
import type { Connection } from './connection.ts'

export interface ClusterPoolParts {
  readonly connection: Connection
  readonly clock: Clock
  readonly name: string | undefined
  readonly size: number | undefined
  readonly defaults: BatchDefaults & ClusterCallOptions
}

/**
 * A pool of a cluster: at most `size` workers compute for it at once, whoever submits to it. A view, which holds nothing: it needs no close.
 *
 * Beyond what every pool says (`BatchCalls`), its calls reject with `CONNECTION_LOST` when the connection is lost under them, and with the
 * coordinator's own code (`TASK_UNKNOWN`, `LIMIT_EXCEEDED`, …) when it refuses a batch.
 */
export class ClusterPool<Tasks = AnyTasks> extends BatchCalls<Tasks, ClusterCallOptions<Tasks>> {
  /** `undefined`: the coordinator names it, by its size. */
  readonly name: string | undefined
  /** `undefined`: the coordinator's cores. */
  readonly size: number | undefined

  constructor({ connection, clock, name, size, defaults }: ClusterPoolParts) {
    super({
      carrier: connection,
      clock,
      defaults,
      pool: { ...(name !== undefined && { pool: name }), ...(size !== undefined && { poolSize: size }) },
    })
    this.name = name
    this.size = size
  }
}
