import { readFileSync } from 'node:fs'
import { connect } from '@forkpool/client'
import { afterAll, expect, test } from 'vitest'
import { ask } from './support/ask.ts'
import { DataDirs } from './support/data-dirs.ts'
import { Coordinator } from './support/forkpool.ts'

const ITEMS = 10_000_000
/** The reader stops after so many, until nothing moves any more. */
const STOP_EVERY = 2_500_000
const LOOKS_MAX = 5_000
const MEGABYTES_MAX = 300

const dataDirs = new DataDirs()
afterAll(() => dataDirs.remove())

interface PoolsView {
  readonly pools: readonly { readonly tasks: { readonly running: number } }[]
}

/** The highest that the resident memory has been, MB, by the kernel's own account: all of it, pages of mapped files too. */
function peakMegabytes(pid: number): number {
  const kibibytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  return (kibibytes * 1024) / 1e6
}

/** Resolves when no worker runs anything: results that nobody takes have stopped the batch. */
async function standsStill(url: string): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const { pools } = JSON.parse((await ask(url, 'GET', '/api/v1/pools')).body) as PoolsView
    if (pools.every(({ tasks }) => tasks.running === 0)) return
  }
  expect.fail(`the batch ran on for ${LOOKS_MAX} looks though nobody took its results`)
}

function* countTo(count: number): Generator<number> {
  for (let n = 1; n <= count; n++) yield n
}

test.each([['on disk'], ['--ephemeral']])(
  'ten million items through a coordinator %s, to a client that reads slowly: it waits for the reader, and its memory is bounded',
  async (keeps) => {
    await using coordinator = await Coordinator.start(keeps === '--ephemeral' ? [keeps] : ['--data-dir', dataDirs.next()])
    await using cluster = await connect(coordinator.url)
    let results = 0
    let sum = 0
    let stops = 0
    for await (const square of cluster.pool({ size: 2 }).imapUnordered('square', countTo(ITEMS))) {
      results++
      sum += square as number
      if (results % STOP_EVERY !== 0 || results === ITEMS) continue
      await standsStill(coordinator.url)
      stops++
    }
    const expected = (ITEMS * (ITEMS + 1) * (2 * ITEMS + 1)) / 6
    expect(results).toBe(ITEMS)
    // Far beyond 2⁵³, and added up in any order: equal but for rounding.
    expect(Math.abs(sum / expected - 1)).toBeLessThan(1e-6)
    expect(stops).toBe(3)
    expect(peakMegabytes(coordinator.pid)).toBeLessThan(MEGABYTES_MAX)
  },
  180_000,
)
