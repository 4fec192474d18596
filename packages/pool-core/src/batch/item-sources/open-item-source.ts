import { ForkpoolError } from '../../base/index.ts'
import type { ItemSource, ItemSourceOptions } from '../item-source.ts'
import { Range } from '../range.ts'
import { ArraySource } from './array-source.ts'
import { AsyncIteratorSource } from './async-iterator-source.ts'
import { IteratorSource } from './iterator-source.ts'

/** @throws ForkpoolError BAD_ARGUMENT for what cannot be iterated over. */
export function openItemSource(items: unknown, options: ItemSourceOptions): ItemSource {
  if (Array.isArray(items)) return new ArraySource(items, options)
  if (isAsyncIterable(items)) return new AsyncIteratorSource(items[Symbol.asyncIterator](), options)
  if (isIterable(items)) return new IteratorSource(items[Symbol.iterator](), knownLength(items), options)
  throw new ForkpoolError('BAD_ARGUMENT', `items must be an array, an iterable or an async iterable, not ${describe(items)}`)
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function'
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return value !== undefined && value !== null && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function'
}

/** Only of those whose word can be trusted: sizes of shards depend on it. */
function knownLength(items: Iterable<unknown>): number | undefined {
  if (items instanceof Set || items instanceof Map) return items.size
  if (items instanceof Range || ArrayBuffer.isView(items)) return (items as { readonly length?: number }).length
  return undefined
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object that cannot be iterated over' : typeof value
}
