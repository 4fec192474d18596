import { IntervalSet } from '@forkpool/pool-core/base'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { RecordedRange, StoredBatch, StoredItems } from '../engine/engine.ts'
import { imbalances } from './ledger.ts'

/** Problems that are listed of one batch; more of them say nothing new. */
const PROBLEMS_MAX = 20

/**
 * Checks a batch piece by piece against its account: every index has at most one result, at rest exactly one or a cancellation, a task that failed has its
 * item, and every block is whole. Takes what an engine stores, all items and then all results, in order of index; reads nothing itself.
 */
export class BatchAudit {
  readonly #problems: string[] = []
  readonly #items = new IntervalSet()
  /** The index after the last item block, and after the last range of results. */
  #itemsTo = 0
  #resultsTo = 0
  #results = 0
  #failures = 0
  /** Tasks that failed and have no item; the first of them. */
  #withoutItem = 0
  #firstWithoutItem = 0

  items({ from, items }: StoredItems): void {
    if (!this.#items.addIfAbsent(from, from + items.count)) this.#problem(`items ${from} to ${this.#itemsTo - 1} are there twice`)
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
    for (const { at } of failures) this.#demandItem(from + at)
    this.#results += count
    this.#failures += failures.length
  }

  /** What could not be read. */
  unreadable(reason: string): void {
    this.#problem(reason)
  }

  /**
   * All that is wrong with the batch. `itemsRead`, `resultsRead`: whether all of them were given; of a batch that ended meanwhile, no items. Those of an open
   * batch are compared with a `stored` read after them: what came meanwhile may be missing, and so may items that are not written yet, or need not be.
   */
  verdict(stored: StoredBatch, itemsRead: boolean, resultsRead: boolean): readonly string[] {
    const { ledger, end } = stored
    for (const problem of imbalances(ledger, end?.summary)) this.#problem(problem)
    if (itemsRead) this.#compare('items', this.#itemsTo, ledger.submitted, false)
    if (itemsRead && resultsRead && end !== undefined && this.#withoutItem > 0)
      this.#problem(`${this.#withoutItem} tasks failed whose items are missing, task ${this.#firstWithoutItem} first`)
    if (resultsRead) {
      this.#compare('results', this.#results, ledger.recorded, end !== undefined)
      this.#compare('failures', this.#failures, ledger.failed + ledger.quarantined, end !== undefined)
      if (this.#resultsTo > ledger.submitted)
        this.#problem(`task ${this.#resultsTo - 1} has a result, of ${ledger.submitted} that were submitted`)
    }
    return this.#problems
  }

  #demandItem(index: number): void {
    if (this.#items.has(index)) return
    if (this.#withoutItem++ === 0) this.#firstWithoutItem = index
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
