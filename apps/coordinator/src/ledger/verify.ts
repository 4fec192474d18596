import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchVerdict } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { Engine } from '../engine/engine.ts'
import { BatchAudit } from './batch-audit.ts'
import { unaccounted } from './ledger.ts'

const ENDED_PER_READ = 100

/** Reads all that is stored of a batch and holds it against its ledger. Undefined: there is no such batch. */
export async function verifyBatch(engine: Engine, id: BatchId): Promise<BatchVerdict | undefined> {
  const found = await engine.batch(id)
  if (found === undefined) return undefined
  const audit = new BatchAudit()
  const itemsWereRead = found.itemsKept && (await readAll(engine.items(id, 0), (items) => audit.items(items), audit))
  const resultsRead = await readAll(engine.results(id, 0), (range) => audit.results(range), audit)
  // Once more, as results may have come while they were read; forgotten meanwhile, it is judged by what it was.
  const stored = (await engine.batch(id)) ?? found
  const { ledger, end } = stored
  // With its end some go.
  const itemsRead = itemsWereRead && (end === undefined) === (found.end === undefined)
  const problems = audit.verdict(stored, itemsRead, resultsRead)
  const open = end === undefined ? unaccounted(ledger) : 0
  return {
    id,
    state: end?.summary.outcome ?? 'open',
    ledger: { ...ledger, live: open, unaccounted: unaccounted(ledger) - open },
    itemsRead,
    resultsRead,
    problems,
  }
}

/** Every open batch of `open` and every ended one that is kept, one after the other, newest end first. */
export async function* verifyAll(engine: Engine, open: Iterable<BatchId>): AsyncGenerator<BatchVerdict, void, undefined> {
  for (const id of open) {
    const verdict = await verifyBatch(engine, id)
    if (verdict !== undefined) yield verdict
  }
  for (let before: BatchId | undefined; ;) {
    const page = await engine.ended(ENDED_PER_READ, before)
    for (const { batch } of page) {
      const verdict = await verifyBatch(engine, batch.id)
      if (verdict !== undefined) yield verdict
    }
    before = page.at(-1)?.batch.id
    if (before === undefined) return
  }
}

/** Whether everything came. What an engine does not keep is not wrong; what it cannot read is. */
async function readAll<Piece>(pieces: AsyncIterable<Piece>, take: (piece: Piece) => void, audit: BatchAudit): Promise<boolean> {
  try {
    for await (const piece of pieces) take(piece)
    return true
  } catch (error) {
    if (!(error instanceof ForkpoolError)) throw error
    if (error.code !== 'RESULTS_GONE' && error.code !== 'BATCH_UNKNOWN') audit.unreadable(error.message)
    return false
  }
}
