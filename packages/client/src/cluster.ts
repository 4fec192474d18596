import type { Clock } from '@forkpool/pool-core/base'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { AnyTasks, BatchDefaults, ClusterCallOptions } from '@forkpool/pool-core/batch'
import { checkName, checkWhole, resolveBatchOptions } from '@forkpool/pool-core/batch'
import type { WelcomeMessage } from '@forkpool/pool-core/protocol'
import { AttachedBatch } from './attached-batch.ts'
import { ClusterPool } from './cluster-pool.ts'
import type { Connection, ConnectionEvent } from './connection.ts'

export interface PoolOptions extends BatchDefaults, Omit<ClusterCallOptions, 'key'> {
  /** At most so many workers compute for the pool at once. Default: the coordinator's cores. */
  readonly size?: number | undefined
  /** Batches submitted under one name share one pool, and its size, from whatever client. Default: `size-N`, or `default` without a size. */
  readonly name?: string | undefined
}

/** A connection to a coordinator. */
export class Cluster<Tasks = AnyTasks> implements AsyncDisposable {
  readonly #connection: Connection
  readonly #clock: Clock

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  /** The session's identifier in the coordinator's logs; another one after a reconnection. */
  get session(): string {
    return this.#connection.welcome.session
  }

  /** Name and version of the coordinator program. */
  get server(): string {
    return this.#connection.welcome.server
  }

  /** Cores of the coordinator's machine. */
  get cores(): number {
    return this.#connection.welcome.cores
  }

  get limits(): WelcomeMessage['limits'] {
    return this.#connection.welcome.limits
  }

  /** @throws ForkpoolError BAD_ARGUMENT for a size that the coordinator does not allow, and for other options out of range. */
  pool(options: PoolOptions = {}): ClusterPool<Tasks> {
    const { size, name, ...defaults } = options
    checkWhole('pool size', size, 1, this.limits.poolSizeMax)
    if (name !== undefined) checkName('pool', name)
    // All batches of the pool would be one.
    if ('key' in defaults) throw new ForkpoolError('BAD_ARGUMENT', 'key is an option of one call, and not of a pool')
    resolveBatchOptions(defaults, undefined)
    return new ClusterPool({ connection: this.#connection, clock: this.#clock, size, name, defaults })
  }

  /**
   * A batch that was submitted before, by its identifier: that of `onAccepted`, `forkpool batches` or the dashboard. Nothing is asked before it is
   * read. @throws ForkpoolError BAD_ARGUMENT for what can be no identifier.
   */
  attach<Result = unknown>(id: string): AttachedBatch<Result> {
    checkName('batch', id)
    return new AttachedBatch<Result>({ connection: this.#connection, clock: this.#clock, id })
  }

  /** Tells `listener` what happens to the connection. Returns what ends that. */
  onEvent(listener: (event: ConnectionEvent) => void): () => void {
    return this.#connection.listen(listener)
  }

  /**
   * Closes the connection and resolves when it is closed. Batches that are open are cancelled unless they are detached, and their calls reject
   * with `POOL_CLOSED`: wait for them first. Calling it again does nothing more.
   */
  close(): Promise<void> {
    return this.#connection.close(new ForkpoolError('POOL_CLOSED', 'the connection to the cluster was closed'))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
