/** Numbers of a full block, half a MiB: what long shards of numbers have. */
const BUFFER_NUMBERS = 64 * 1024

/** Fewer are cheaper made than looked for. */
const LENT_NUMBERS_MIN = 1024

/** A shard takes two, and several run at once where they wait. */
const SPARES_MAX = 4

const made = new WeakSet<ArrayBufferLike>()
const spares: ArrayBuffer[] = []

/**
 * Room for `count` numbers; what is in it is left from before. To be given back when nobody looks at it any more; what is not is lost, and no harm.
 *
 * Why: V8 collects the whole heap after every 64 MiB of buffers that were made, however short they lived (measured, Node 24: half of the processor
 * time of a worker that squares numbers).
 */
export function borrowNumbers(count: number): Float64Array<ArrayBuffer> {
  if (count < LENT_NUMBERS_MIN || count > BUFFER_NUMBERS) return new Float64Array(count)
  let buffer = spares.pop()
  if (buffer === undefined) {
    buffer = new ArrayBuffer(8 * BUFFER_NUMBERS)
    made.add(buffer)
  }
  return new Float64Array(buffer, 0, count)
}

/** Takes back what was borrowed; of any other buffer, or one that is here, it does nothing. */
export function giveNumbersBack(buffer: ArrayBufferLike): void {
  if (!made.has(buffer) || spares.length === SPARES_MAX || spares.includes(buffer as ArrayBuffer)) return
  spares.push(buffer as ArrayBuffer)
}
