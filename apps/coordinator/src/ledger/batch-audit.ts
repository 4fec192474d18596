import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { RecordedRange, StoredBatch, StoredItems } from '../engine/engine.ts'
import { imbalances } from './ledger.ts'

/** Problems that are listed of one batch; more of them say nothing new. */
const PROBLEMS_MAX = 20

/**
 * Checks a batch piece by piece against its account: every index has at most one result, at rest exactly one or a cancellation, and
 * every block is whole. Takes what an engine stores, in order of index; reads nothing itself.
 */
export class BatchAudit {
  readonly #problems: string[] = []
  /** The index after the last item block, and after the last range of results. */
  #itemsTo = 0
  #resultsTo = 0
  #results = 0
  #failures = 0

  items({ from, items }: StoredItems): void {
    if (from !== this.#itemsTo)
      this.#problem(`items ${this.#itemsTo} to ${from - 1} are ${from > this.#itemsTo ? 'missing' : 'there twice'}`)
    this.#block(items, `items from ${from} on`)
    this.#itemsTo = Math.max(this.#itemsTo, from + items.count)
  }

  results({ from, count, values, failures }: RecordedRange): void {
    if (from < this.#resultsTo) this.#problem(`tasks ${from} to ${Math.min(this.#resultsTo, from + count) - 1} have two results`)
    this.#block(values, `results from ${from} on`)
    if (values.count + failures.length !== count)
      this.#problem(`results from ${from} on: ${values.count} values and ${failures.length} failures for ${count} tasks`)
    const inOrder = failures.every(({ at }, i) => at < count && at > (failures[i - 1]?.at ?? -1))
    if (!inOrder) this.#problem(`results from ${from} on: failures are not in order of their tasks`)
    this.#resultsTo = Math.max(this.#resultsTo, from + count)
    this.#results += count
    this.#failures += failures.length
  }

  /** What could not be read. */
  unreadable(reason: string): void {
    this.#problem(reason)
  }

  /**
   * All that is wrong with the batch. `itemsRead`, `resultsRead`: whether all of them were given. Those of an open batch are compared
   * with a `stored` read after them: what came meanwhile may be missing.
   */
  verdict(stored: StoredBatch, itemsRead: boolean, resultsRead: boolean): readonly string[] {
    const { ledger, end } = stored
    for (const problem of imbalances(ledger, end?.summary)) this.#problem(problem)
    if (itemsRead) this.#compare('items', this.#itemsTo, ledger.submitted, end !== undefined)
    if (resultsRead) {
      this.#compare('results', this.#results, ledger.recorded, end !== undefined)
      this.#compare('failures', this.#failures, ledger.failed + ledger.quarantined, end !== undefined)
      if (this.#resultsTo > ledger.submitted)
        this.#problem(`task ${this.#resultsTo - 1} has a result, of ${ledger.submitted} that were submitted`)
    }
    return this.#problems
  }

  #compare(what: string, found: number, counted: number, atRest: boolean): void {
    if (found > counted || (atRest && found < counted)) this.#problem(`${found} ${what} are stored, and the ledger counts ${counted}`)
  }

  #block({ count, codec, offsets, bytes }: ItemBlock, what: string): void {
    if (offsets === undefined) {
      if (codec !== 'f64' || bytes.byteLength !== count * 8) this.#problem(`${what}: ${bytes.byteLength} bytes for ${count} numbers`)
      return
    }
    const ascending = offsets.every((offset, i) => i === 0 || offset >= (offsets[i - 1] as number))
    const length = (offsets[count] ?? Number.NaN) - (offsets[0] ?? 0)
    if (offsets.length !== count + 1 || !ascending || length !== bytes.byteLength)
      this.#problem(`${what}: places of ${count} items do not fit their ${bytes.byteLength} bytes`)
  }

  #problem(text: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(text)
  }
}
