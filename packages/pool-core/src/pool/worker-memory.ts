import type { WorkerId } from '../scheduler/index.ts'
import type { MemoryFigures } from './statistics.ts'

const MB = 1024 * 1024

/** How much memory each worker takes, as it said last. Without a limit no worker says it. */
export class WorkerMemory {
  readonly #limitBytes: number
  readonly #bytes = new Map<WorkerId, number>()
  #largestBytes = 0

  /** @param limitMb undefined: no limit. */
  constructor(limitMb: number | undefined) {
    this.#limitBytes = limitMb === undefined ? Number.POSITIVE_INFINITY : limitMb * MB
  }

  /** Notes what the worker says. */
  note(worker: WorkerId, bytes: number): void {
    this.#bytes.set(worker, bytes)
    this.#largestBytes = Math.max(this.#largestBytes, bytes)
  }

  /** Whether it is more than it may take. */
  isOver(worker: WorkerId): boolean {
    return (this.#bytes.get(worker) ?? 0) > this.#limitBytes
  }

  lost(worker: WorkerId): void {
    this.#bytes.delete(worker)
  }

  /** Undefined without a limit. */
  figures(): MemoryFigures | undefined {
    if (this.#limitBytes === Number.POSITIVE_INFINITY) return undefined
    let bytes = 0
    for (const taken of this.#bytes.values()) bytes += taken
    return { bytes, largestBytes: this.#largestBytes }
  }
}
