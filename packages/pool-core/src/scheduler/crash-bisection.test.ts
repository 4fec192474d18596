import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandsOf, failureAt, SchedulerDriver } from '../testing/scheduler-driver.ts'
import { halve } from './crash-bisection.ts'
import type { ItemRange } from './item-range.ts'

/** A driver that replaces each lost worker by itself: `crash()` loses the worker that runs, and brings the next online. */
class CrashingDriver extends SchedulerDriver {
  crashes = 0
  worker = 'w0'

  constructor(options = {}) {
    super({ maxWorkers: 1, restartBackoffMs: 1, ...options })
    this.pool('pool', 1)
    this.online(this.worker)
  }

  crash(): ReturnType<SchedulerDriver['lost']> {
    const commands = this.lost(this.worker, 100 + this.crashes++)
    this.worker = `w${this.crashes}`
    return [...commands, ...this.online(this.worker)]
  }

  /** Runs to the end with these poison items. Returns the indexes that failed. */
  runWithPoison(poison: ReadonlySet<number>): number[] {
    for (let i = 0; i < 100_000 && this.state.batches.size > 0; i++) {
      const [running] = this.held(this.worker)
      if (running === undefined) this.wake(100)
      else {
        const guilty = Array.from({ length: running.count }, (_, at) => running.from + at).some((index) => poison.has(index))
        if (guilty) this.crash()
        else this.answer(this.worker, { runMs: running.count })
      }
    }
    return commandsOf(this.log, 'settle-failed').map(({ index }) => index)
  }
}

test('the shard that ran is split in two suspects, which run alone; those behind it run again without blame', () => {
  const driver = new CrashingDriver()
  driver.learn('t', 1)
  driver.submit('x', 40, { chunkSize: 8 })
  expect(driver.held('w0').map(({ from }) => from)).toEqual([0, 8])
  driver.crash()
  expect(driver.held('w1').map(({ count, from }) => [from, count])).toEqual([[0, 4]])
  driver.answer('w1', { runMs: 4 })
  expect(driver.held('w1').map(({ count, from }) => [from, count])).toEqual([[4, 4]])
  driver.answer('w1', { runMs: 4 })
  // Innocent so far: 8 to 15 run as one shard, with another behind them.
  expect(driver.held('w1').map(({ count, from }) => [from, count])).toEqual([
    [8, 8],
    [16, 8],
  ])
})

test('a task alone fails after crashLimit lost workers, with all their exits; its neighbours complete', () => {
  const driver = new CrashingDriver()
  driver.submit('x', 3, { chunkSize: 3 })
  expect(driver.runWithPoison(new Set([1]))).toEqual([1])
  const [failed] = commandsOf(driver.log, 'settle-failed')
  expect(failed).toMatchObject({ attempts: 3, cause: { kind: 'worker-lost' } })
  expect(failed?.cause.kind === 'worker-lost' && failed.cause.exits).toEqual([{ exitCode: 102 }, { exitCode: 103 }, { exitCode: 104 }])
  expect(commandsOf(driver.log, 'batch-settled')[0]).toMatchObject({ outcome: 'failed', completed: 2, failed: 1, cancelled: 0 })
})

test('crashLimit 1: the first loss of a worker that held it alone is the last', () => {
  const driver = new CrashingDriver({ crashLimit: 1 })
  driver.submit('x', 1)
  expect(commandsOf(driver.crash(), 'settle-failed')[0]).toMatchObject({ index: 0, attempts: 1 })
})

test('the halving does not count: an innocent neighbour of a poison task never fails', () => {
  const driver = new CrashingDriver({ crashLimit: 1 })
  driver.submit('x', 64, { chunkSize: 64 })
  expect(driver.runWithPoison(new Set([0, 31, 63]))).toEqual([0, 31, 63])
})

test('a loss in company does not count: the answer for the first may have been lost, and the second guilty', () => {
  const driver = new CrashingDriver({ crashLimit: 1 })
  driver.learn('t', 1)
  driver.submit('x', 5, { chunkSize: 1 })
  expect(driver.held('w0')).toHaveLength(2)
  expect(commandsOf(driver.crash(), 'settle-failed')).toEqual([])
  // Now it runs with nothing behind it, so the next loss is its own.
  expect(driver.held('w1')).toHaveLength(1)
  expect(commandsOf(driver.crash(), 'settle-failed')[0]).toMatchObject({ index: 0, attempts: 1 })
})

test('a task that was charged waits, so that workers killed together are not all charged to it', () => {
  const driver = new SchedulerDriver({ crashLimit: 3, prefetch: 0 })
  driver.pool('pool', 3)
  driver.online('a', 'b', 'c')
  driver.submit('x', 1)
  expect(driver.held('c')).toHaveLength(1)
  for (const worker of ['c', 'b', 'a']) driver.lost(worker)
  expect(driver.log.some(({ kind }) => kind === 'settle-failed')).toBe(false)
  driver.online('d')
  expect(driver.held('d')).toEqual([])
  driver.wake(100)
  driver.answer('d')
  expect(commandsOf(driver.log, 'batch-settled')[0]).toMatchObject({ outcome: 'completed' })
})

test('a batch whose shard was lost goes before the others of its session', () => {
  const driver = new CrashingDriver({ prefetch: 0 })
  for (const batch of ['x', 'y', 'z']) driver.submit(batch, 2, { chunkSize: 2 })
  driver.crash()
  expect(driver.held('w1')[0]).toMatchObject({ batch: 'x', from: 0, count: 1 })
})

test('a suspect that throws is retried like any other; one that succeeds is forgotten', () => {
  const driver = new CrashingDriver()
  driver.submit('x', 1, { retries: 1 })
  driver.crash()
  driver.wake(100)
  driver.answer('w1', { failures: [failureAt(0)] })
  expect(driver.held('w1')[0]).toMatchObject({ attempt: 2 })
  const commands = driver.answer('w1', { failures: [failureAt(0)] })
  expect(commandsOf(commands, 'settle-failed')[0]).toMatchObject({ attempts: 3, cause: { errors: ['error 0', 'error 0'] } })
})

test('failFast: a task that fails for its workers cancels the rest', () => {
  const driver = new CrashingDriver({ crashLimit: 1 })
  driver.submit('x', 5, { chunkSize: 1, failFast: true })
  expect(commandsOf(driver.crash(), 'batch-settled')[0]).toMatchObject({ outcome: 'failed', failed: 1, cancelled: 4 })
})

test('halve cuts in two parts that differ by one at most, both suspect', () => {
  const block = { number: 0, from: 0, count: 1_000, bytes: 0, cut: 0, unsettled: 0, next: null, attempt: 1 }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 2, max: 500 }), (offset, count) => {
      const range: ItemRange = { block, offset, count, attempt: 2, suspect: false, patient: false, single: false }
      const [first, second] = halve(range)
      expect([first.offset, second.offset]).toEqual([offset, offset + first.count])
      expect(first.count + second.count).toBe(count)
      expect([0, 1]).toContain(first.count - second.count)
      expect([first.suspect, second.suspect, first.attempt]).toEqual([true, true, 2])
    }),
  )
})

test('property: exactly the poison items fail, within the bound of lost workers', () => {
  const shape = fc.record({
    items: fc.integer({ min: 1, max: 200 }),
    poison: fc.array(fc.nat({ max: 199 }), { maxLength: 4 }),
    chunkSize: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
    crashLimit: fc.integer({ min: 1, max: 4 }),
  })
  fc.assert(
    fc.property(shape, ({ chunkSize, crashLimit, items, poison }) => {
      const guilty = new Set(poison.filter((index) => index < items))
      const driver = new CrashingDriver({ crashLimit })
      driver.submit('x', items, { chunkSize })
      expect(new Set(driver.runWithPoison(guilty))).toEqual(guilty)
      expect(commandsOf(driver.log, 'batch-settled')[0]).toMatchObject({ completed: items - guilty.size, failed: guilty.size })
      // Each poison item: one loss in each halving, one perhaps in company, and crashLimit alone.
      expect(driver.crashes).toBeLessThanOrEqual(guilty.size * (Math.ceil(Math.log2(items)) + 1 + crashLimit))
    }),
    { numRuns: 60 },
  )
})
