import { ForkpoolError } from '@forkpool/pool-core/base'
import { resultBytes } from '@forkpool/pool-core/protocol'
import type { RecordedRange } from '../engine.ts'

/** Results of one batch for as long as there is room for them. */
export class KeptResults {
  /** In order of arrival; sorted when they are read. Undefined: dropped, and what comes later is dropped too. */
  #ranges: RecordedRange[] | undefined = []
  #sorted = true
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Keeps one more; the bytes that it takes. */
  add(range: RecordedRange): number {
    if (this.#ranges === undefined) return 0
    const last = this.#ranges.at(-1)
    if (last !== undefined && last.from > range.from) this.#sorted = false
    this.#ranges.push(owned(range))
    const bytes = resultBytes(range)
    this.#bytes += bytes
    return bytes
  }

  /** Lets all go; the bytes that are free then. */
  drop(): number {
    const freed = this.#bytes
    this.#ranges = undefined
    this.#bytes = 0
    return freed
  }

  /** Ranges that are kept now, by index, from the one on that holds or follows `index`. @throws ForkpoolError RESULTS_GONE. */
  from(index: number): readonly RecordedRange[] {
    if (this.#ranges === undefined)
      throw new ForkpoolError(
        'RESULTS_GONE',
        'the results did not fit into the memory kept for them: the coordinator runs with --ephemeral',
      )
    if (!this.#sorted) this.#ranges.sort((a, b) => a.from - b.from)
    this.#sorted = true
    return this.#ranges.filter((range) => range.from + range.count > index)
  }
}

/** A few bytes would keep the whole piece of the socket's stream alive in which they came. */
function owned(range: RecordedRange): RecordedRange {
  const { bytes } = range.values
  if (bytes.byteLength * 2 > bytes.buffer.byteLength) return range
  return { ...range, values: { ...range.values, bytes: bytes.slice() } }
}
