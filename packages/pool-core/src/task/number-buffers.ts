/** Numbers of a full block, half a MiB: what long shards of numbers have. */
const LARGE_NUMBERS = 64 * 1024

/** For short shards, the usual case of single calls. */
const SMALL_NUMBERS = 1024

/** A shard takes two, and several run at once where they wait. */
const SPARES_MAX = 4

/** Buffers of one size that are lent and given back. */
class Lender {
  readonly #numbers: number
  readonly #made = new WeakSet<ArrayBufferLike>()
  readonly #spares: ArrayBuffer[] = []
  /** How many may still be made where none is spare. */
  #left: number

  /** @param most that are made: who finds none makes an array of its own. */
  constructor(numbers: number, most: number) {
    this.#numbers = numbers
    this.#left = most
  }

  lend(): ArrayBuffer | undefined {
    const spare = this.#spares.pop()
    if (spare !== undefined || this.#left === 0) return spare
    this.#left--
    const buffer = new ArrayBuffer(8 * this.#numbers)
    this.#made.add(buffer)
    return buffer
  }

  takeBack(buffer: ArrayBufferLike): void {
    if (!this.#made.has(buffer) || this.#spares.length === SPARES_MAX || this.#spares.includes(buffer as ArrayBuffer)) return
    this.#spares.push(buffer as ArrayBuffer)
  }
}

/** Those that are not given back are garbage, and others are made. */
const large = new Lender(LARGE_NUMBERS, Number.POSITIVE_INFINITY)

/** Few: thousands of calls that wait at once would take eight kilobytes each. Should none come back, each shard has arrays of its own. */
const small = new Lender(SMALL_NUMBERS, SPARES_MAX)

/**
 * Room for `count` numbers; what is in it is left from before. To be given back when nobody looks at it any more; what is not is lost, and no harm.
 *
 * Why: V8 collects the whole heap after every 64 MiB of buffers that were made, however short they lived (measured, Node 24: half of the processor
 * time of a worker that squares numbers); and an array of few numbers gets a buffer, half a microsecond, when somebody asks for its bytes.
 */
export function borrowNumbers(count: number): Float64Array<ArrayBuffer> {
  const lender = lenderOf(count)
  const buffer = lender?.lend()
  return buffer === undefined ? new Float64Array(count) : new Float64Array(buffer, 0, count)
}

/** Takes back what was borrowed; of any other buffer, or one that is here, it does nothing. */
export function giveNumbersBack(buffer: ArrayBufferLike): void {
  if (buffer.byteLength === 8 * SMALL_NUMBERS) small.takeBack(buffer)
  else if (buffer.byteLength === 8 * LARGE_NUMBERS) large.takeBack(buffer)
}

function lenderOf(count: number): Lender | undefined {
  if (count === 0 || count > LARGE_NUMBERS) return undefined
  return count <= SMALL_NUMBERS ? small : large
}
