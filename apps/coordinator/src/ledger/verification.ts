import type { BatchVerdict, VerificationView } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { Engine } from '../engine/engine.ts'
import type { VerificationSource } from '../verification-source.ts'
import { verifyAll, verifyBatch } from './verify.ts'

/** Faulty batches whose verdicts are listed. */
const LISTED_MAX = 100

/** Verification on request. Reading everything is much work for the disk, so it is done once at a time. */
export class Verification implements VerificationSource {
  readonly #engine: Engine
  readonly #open: () => Iterable<BatchId>
  #all: Promise<VerificationView> | undefined

  /** @param open the batches that are open now. */
  constructor(engine: Engine, open: () => Iterable<BatchId>) {
    this.#engine = engine
    this.#open = open
  }

  verify(id: string): Promise<BatchVerdict | undefined> {
    return verifyBatch(this.#engine, id as BatchId)
  }

  verifyAll(): Promise<VerificationView> {
    this.#all ??= this.#readAll().finally(() => (this.#all = undefined))
    return this.#all
  }

  async #readAll(): Promise<VerificationView> {
    const batches: BatchVerdict[] = []
    let checked = 0
    let faulty = 0
    for await (const verdict of verifyAll(this.#engine, [...this.#open()])) {
      checked++
      if (verdict.problems.length === 0) continue
      faulty++
      if (batches.length < LISTED_MAX) batches.push(verdict)
    }
    return { checked, faulty, batches }
  }
}
