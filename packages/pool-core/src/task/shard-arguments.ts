import { copyDoubles, decodeItems, sliceBlock } from '../protocol/index.ts'
import { ForkpoolError } from '../base/index.ts'
import type { ItemBlock } from '../protocol/index.ts'
import { borrowNumbers, giveNumbersBack } from './number-buffers.ts'

/** The arguments of a shard's tasks, in order. */
export interface ShardArguments {
  /** One argument, or the list of them, of each task; nothing where `broken` has an entry. */
  readonly values: ArrayLike<unknown>
  /** What is wrong with the arguments of single tasks, by position; absent when nothing is. */
  readonly broken?: ReadonlyMap<number, unknown> | undefined
}

/** Decodes a shard's items. An item that cannot be decoded, or with `spread` is no list, spoils only its own task. */
export function readArguments(items: ItemBlock, spread: boolean): ShardArguments {
  let values: ArrayLike<unknown>
  const broken = new Map<number, unknown>()
  try {
    values = items.codec === 'f64' ? readNumbers(items) : decodeItems(items)
  } catch {
    values = decodeOneByOne(items, broken)
  }
  if (spread) {
    for (let at = 0; at < values.length; at++) {
      if (!Array.isArray(values[at]) && !broken.has(at)) broken.set(at, notAList(values[at]))
    }
  }
  return broken.size === 0 ? { values } : { values, broken }
}

/** A copy: the bytes are the link's, and lie at any address. */
function readNumbers({ bytes, count }: ItemBlock): Float64Array {
  const numbers = borrowNumbers(count)
  copyDoubles(bytes, numbers)
  return numbers
}

/** To be called when no task will see its argument any more. */
export function releaseArguments({ values }: ShardArguments): void {
  if (values instanceof Float64Array) giveNumbersBack(values.buffer)
}

function decodeOneByOne(items: ItemBlock, broken: Map<number, unknown>): unknown[] {
  const values: unknown[] = []
  for (let at = 0; at < items.count; at++) {
    try {
      values.push(decodeItems(sliceBlock(items, at, 1))[0])
    } catch (thrown) {
      values.push(undefined)
      broken.set(at, new ForkpoolError('NOT_SERIALISABLE', `the argument cannot be decoded: ${describe(thrown)}`, { cause: thrown }))
    }
  }
  return values
}

function notAList(value: unknown): ForkpoolError {
  const got = value === null ? 'null' : `a value of type ${typeof value}`
  return new ForkpoolError(
    'BAD_ARGUMENT',
    `each item must be a list of arguments, got ${got}: starmap spreads lists, map passes one argument`,
  )
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
