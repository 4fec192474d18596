/**
 * What one item costs, measured: an exponentially weighted mean of the logarithm. The logarithm because costs span nine decades (a
 * square takes 50 ns, a rendered frame a minute): a wrong guess in either direction is corrected in the same number of
 * shards, where a plain mean would need dozens to come down.
 */
export interface ItemCost {
  /** Milliseconds an item; 0 while nothing is known. */
  ms: number
}

/** Weight of a shard of many items. Three such shards move the estimate by 98 % of the way. */
const WEIGHT_MANY = 0.75
/** Weight of a single item, whose time is mostly overhead or chance. */
const WEIGHT_ONE = 0.2
/** From so many items on a shard is an average of its own. */
const MANY_ITEMS = 8
/** Timers are coarse: nothing is cheaper than a nanosecond. */
const FLOOR_MS = 1e-6
/** Task names come from outside the scheduler: past this many, all estimates are forgotten rather than kept without a bound. */
const TASKS_MAX = 10_000

/** Takes in that `items` items took `runMs`. `items` is 1 or more. */
export function observeCost(cost: ItemCost, items: number, runMs: number): void {
  const seen = Math.max(FLOOR_MS, runMs / items)
  if (cost.ms === 0) {
    cost.ms = seen
    return
  }
  const weight = items >= MANY_ITEMS ? WEIGHT_MANY : WEIGHT_ONE
  cost.ms *= (seen / cost.ms) ** weight
}

/** The estimates by task name: what a new batch of a known function starts with. */
export class TaskCosts {
  readonly #byTask: Map<string, ItemCost> = new Map()

  /** The estimate of a task function; the same object each time. */
  of(task: string): ItemCost {
    let cost = this.#byTask.get(task)
    if (cost === undefined) {
      if (this.#byTask.size >= TASKS_MAX) this.#byTask.clear()
      cost = { ms: 0 }
      this.#byTask.set(task, cost)
    }
    return cost
  }
}
