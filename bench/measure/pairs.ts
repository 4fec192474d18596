import { setTimeout as sleep } from 'node:timers/promises'
import { median } from './statistics.ts'

/** One measurement of either side, milliseconds or any unit that both share. */
export interface Pair {
  readonly ours: number
  readonly theirs: number
  /** theirs / ours: above 1, ours took less. */
  readonly ratio: number
}

export interface Pairs {
  readonly pairs: readonly Pair[]
  readonly medianOurs: number
  readonly medianTheirs: number
  /** The median of the pairs' ratios, and not the ratio of the medians: what disturbs the machine disturbs both sides of a pair. */
  readonly medianRatio: number
}

/**
 * Measures two sides in turns, so that both meet the same machine: ours first, theirs first, ours first …
 * Each side runs `warmUps` times before anything counts. `pauseMs` between them: what a side does after it has answered is then not the other's cost.
 */
export async function measurePairs(options: {
  readonly count: number
  readonly warmUps: number
  readonly pauseMs?: number | undefined
  readonly ours: () => Promise<number>
  readonly theirs: () => Promise<number>
  readonly onPair?: ((pair: Pair, at: number) => void) | undefined
}): Promise<Pairs> {
  const { pauseMs } = options
  const rested = async (side: () => Promise<number>): Promise<number> => {
    if (pauseMs !== undefined) await sleep(pauseMs)
    return await side()
  }
  for (let i = 0; i < options.warmUps; i++) {
    await rested(options.ours)
    await rested(options.theirs)
  }
  const pairs: Pair[] = []
  for (let i = 0; i < options.count; i++) {
    let ours: number
    let theirs: number
    if (i % 2 === 0) {
      ours = await rested(options.ours)
      theirs = await rested(options.theirs)
    } else {
      theirs = await rested(options.theirs)
      ours = await rested(options.ours)
    }
    const pair = { ours, theirs, ratio: theirs / ours }
    pairs.push(pair)
    options.onPair?.(pair, i)
  }
  return ofPairs(pairs)
}

export function ofPairs(pairs: readonly Pair[]): Pairs {
  return {
    pairs,
    medianOurs: median(pairs.map((pair) => pair.ours)),
    medianTheirs: median(pairs.map((pair) => pair.theirs)),
    medianRatio: median(pairs.map((pair) => pair.ratio)),
  }
}
