import { ForkpoolError } from '../base/index.ts'

/** Numbers at equal distances, made while they are read. Source: Python's `range`. */
export class Range implements Iterable<number> {
  readonly start: number
  readonly stop: number
  readonly step: number
  readonly length: number

  /** @throws ForkpoolError BAD_ARGUMENT unless all three are finite and `step` is not 0. */
  constructor(start: number, stop: number, step: number) {
    if (!Number.isFinite(start) || !Number.isFinite(stop) || !Number.isFinite(step) || step === 0) {
      throw new ForkpoolError('BAD_ARGUMENT', `a range takes finite numbers and a step that is not 0, not (${start}, ${stop}, ${step})`)
    }
    this.start = start
    this.stop = stop
    this.step = step
    this.length = Math.max(0, Math.ceil((stop - start) / step))
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.length; i++) yield this.start + i * this.step
  }
}

/** `range(stop)`, `range(start, stop)` or `range(start, stop, step)`: from `start`, or 0, up to and without `stop`. */
export function range(stop: number): Range
export function range(start: number, stop: number, step?: number): Range
export function range(first: number, stop?: number, step = 1): Range {
  return stop === undefined ? new Range(0, first, step) : new Range(first, stop, step)
}
