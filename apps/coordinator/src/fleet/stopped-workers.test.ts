import { expect, test } from 'vitest'
import { FakeClock } from '@forkpool/pool-core/testing'
import { StoppedWorkers } from './stopped-workers.ts'

/** Workers 1 and 2, and which of them stand still. */
function create(limitMs: number): {
  readonly clock: FakeClock
  readonly still: Set<number>
  readonly found: number[]
  readonly watch: StoppedWorkers
} {
  const clock = new FakeClock()
  const still = new Set<number>()
  const found: number[] = []
  const watch = new StoppedWorkers({
    clock,
    pids: () => [1, 2],
    isStopped: (pid) => (pid === 2 && still.has(-2) ? Promise.reject(new Error('gone')) : Promise.resolve(still.has(pid))),
    limitMs,
    onLimit: (pid) => found.push(pid),
  })
  watch.start()
  return { clock, still, found, watch }
}

async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    clock.advance(250)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a worker that stands still at every look for the whole time is found, and no other', async () => {
  const { clock, still, found, watch } = create(1_000)
  still.add(1)
  await pass(clock, 1_000)
  expect(found).toEqual([])
  await pass(clock, 250)
  expect(found).toEqual([1])
  watch.stop()
  expect(clock.pending).toBe(0)
})

test('one that goes on in between begins anew; one of which nothing can be told is left alone', async () => {
  const { clock, still, found } = create(1_000)
  still.add(1).add(-2)
  await pass(clock, 1_000)
  still.delete(1)
  await pass(clock, 250)
  still.add(1)
  await pass(clock, 1_000)
  expect(found).toEqual([])
})

test('without a limit nobody looks', () => {
  expect(create(0).clock.pending).toBe(0)
})
