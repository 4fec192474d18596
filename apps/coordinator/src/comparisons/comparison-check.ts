import { ForkpoolError } from '@forkpool/pool-core/base'

/** A request for a comparison whose every field is sound. */
export interface CheckedComparison {
  readonly task: string
  readonly items: readonly unknown[] | { readonly from: number; readonly to: number }
  readonly count: number
  readonly poolSizes: readonly number[]
  readonly repeats: number
}

/** Items of one comparison: as many as the million of the classic exercise, ten times. */
const ITEMS_MAX = 10_000_000
const POOL_SIZES_MAX = 10
const REPEATS_MAX = 20

function refuse(field: string, expected: string): never {
  throw new ForkpoolError('BAD_ARGUMENT', `${field}: expected ${expected}`)
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
}

/** Checks a body against `ComparisonRequest`. @throws ForkpoolError BAD_ARGUMENT that names the field. */
export function checkComparison(body: unknown, poolSizeMax: number): CheckedComparison {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse('body', 'a JSON object')
  const { task, range, items, poolSizes, repeats } = body as Readonly<Record<string, unknown>>
  if (typeof task !== 'string' || task === '') refuse('task', 'the name of a task')
  if (!Array.isArray(poolSizes) || poolSizes.length < 1 || poolSizes.length > POOL_SIZES_MAX)
    refuse('poolSizes', `a list of 1 to ${POOL_SIZES_MAX} sizes`)
  for (const size of poolSizes as readonly unknown[])
    if (!isWhole(size, 1, poolSizeMax)) refuse('poolSizes', `whole numbers from 1 to ${poolSizeMax}`)
  const sizes = [...new Set(poolSizes as readonly number[])]
  const times = repeats ?? 3
  if (!isWhole(times, 1, REPEATS_MAX)) refuse('repeats', `a whole number from 1 to ${REPEATS_MAX}`)
  if ((range === undefined) === (items === undefined)) refuse('range, items', 'one of the two')
  if (items !== undefined) {
    if (!Array.isArray(items) || items.length === 0 || items.length > ITEMS_MAX) refuse('items', `a list of 1 to ${ITEMS_MAX} items`)
    return { task, items: items as readonly unknown[], count: items.length, poolSizes: sizes, repeats: times }
  }
  const { from, to } = (typeof range === 'object' && range !== null ? range : {}) as { readonly from?: unknown; readonly to?: unknown }
  const lowest = Number.MIN_SAFE_INTEGER
  if (!isWhole(from, lowest, Number.MAX_SAFE_INTEGER) || !isWhole(to, lowest, Number.MAX_SAFE_INTEGER) || to < from)
    refuse('range', 'whole numbers { from, to } with from ≤ to')
  const count = to - from + 1
  if (count > ITEMS_MAX) refuse('range', `at most ${ITEMS_MAX} items`)
  return { task, items: { from, to }, count, poolSizes: sizes, repeats: times }
}
