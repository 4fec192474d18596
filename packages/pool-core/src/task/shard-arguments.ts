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
  const read = decode(items)
  if (!spread) return read
  const { values } = read
  let broken = read.broken
  for (let at = 0; at < values.length; at++) {
    if (!Array.isArray(values[at]) && broken?.has(at) !== true) (broken ??= new Map<number, unknown>()).set(at, notAList(values[at]))
  }
  return { values, broken }
}

interface Decoded {
  readonly values: ArrayLike<unknown>
  readonly broken: Map<number, unknown> | undefined
}

function decode(items: ItemBlock): Decoded {
  try {
    return { values: items.codec === 'f64' ? readNumbers(items) : decodeItems(items), broken: undefined }
  } catch {
    return decodeOneByOne(items)
  }
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

function decodeOneByOne(items: ItemBlock): Decoded {
  const values: unknown[] = []
  const broken = new Map<number, unknown>()
  for (let at = 0; at < items.count; at++) {
    try {
      values.push(decodeItems(sliceBlock(items, at, 1))[0])
    } catch (thrown) {
      values.push(undefined)
      broken.set(at, new ForkpoolError('NOT_SERIALISABLE', `the argument cannot be decoded: ${describe(thrown)}`, { cause: thrown }))
    }
  }
  return { values, broken }
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
