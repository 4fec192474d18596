import { ForkpoolError, IntervalSet } from '@forkpool/pool-core/base'
import { resultBytes } from '@forkpool/pool-core/protocol'
import type { RecordedRange } from '../engine.ts'

/** Results of one batch for as long as there is room for them. */
export class KeptResults {
  /** In order of arrival; sorted when that matters. */
  readonly #ranges: RecordedRange[] = []
  #sorted = true
  #bytes = 0
  readonly #gone = new IntervalSet()

  get bytes(): number {
    return this.#bytes
  }

  /** Keeps one more; the bytes that it takes. */
  add(range: RecordedRange): number {
    const last = this.#ranges.at(-1)
    if (last !== undefined && last.from > range.from) this.#sorted = false
    this.#ranges.push(owned(range))
    const bytes = resultBytes(range)
    this.#bytes += bytes
    return bytes
  }

  /**
   * Lets go until `bytes` are free, or nothing is left; the bytes that are free then. The lowest indexes go first: who comes back for
   * results has those before any other.
   */
  drop(bytes: number): number {
    this.#sort()
    let count = 0
    let freed = 0
    for (; freed < bytes && count < this.#ranges.length; count++) {
      const range = this.#ranges[count] as RecordedRange
      freed += resultBytes(range)
      this.#gone.addIfAbsent(range.from, range.from + range.count)
    }
    this.#ranges.splice(0, count)
    this.#bytes -= freed
    return freed
  }

  /**
   * Ranges that are kept now, by index, from the one on that holds or follows `index`.
   * @throws ForkpoolError RESULTS_GONE where one that the reader does not `have` was let go.
   */
  from(index: number, have: IntervalSet = new IntervalSet()): readonly RecordedRange[] {
    for (const { from, to } of this.#gone.intervals()) {
      const [missing] = have.missing(Math.max(from, index), to)
      if (missing === undefined) continue
      throw new ForkpoolError(
        'RESULTS_GONE',
        `results from ${missing.from} on did not fit into the memory kept for them: the coordinator runs with --ephemeral`,
      )
    }
    this.#sort()
    return this.#ranges.filter((range) => range.from + range.count > index)
  }

  #sort(): void {
    if (!this.#sorted) this.#ranges.sort((a, b) => a.from - b.from)
    this.#sorted = true
  }
}

/** A few bytes would keep the whole piece of the socket's stream alive in which they came. */
function owned(range: RecordedRange): RecordedRange {
  const { bytes } = range.values
  if (bytes.byteLength * 2 > bytes.buffer.byteLength) return range
  return { ...range, values: { ...range.values, bytes: bytes.slice() } }
}
