import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Clock, Instant } from '../base/index.ts'
import { decodeItems, encodeItems, sliceBlock } from '../protocol/index.ts'
import type { RunMessage } from '../protocol/index.ts'
import { runShard } from './run-shard.ts'
import { ShardContext } from './task-context.ts'
import { TaskRegistry } from './task-registry.ts'

/** What one task does, and how long it takes. */
const behaviour = fc.record({
  outcome: fc.oneof(
    fc.double({ noDefaultInfinity: true }).map((value) => ({ kind: 'value' as const, value: value as unknown })),
    fc.constantFrom<unknown>('text', null, undefined, true, 12n, [1, 2], { a: 1 }).map((value) => ({ kind: 'value' as const, value })),
    fc.constant({ kind: 'error' as const, value: new RangeError('no') as unknown }),
  ),
  wait: fc.boolean(),
  ms: fc.constantFrom(0, 0.001, 1, 30),
})

/** Outcomes as a plain loop without blocks, pace or yields would have them. */
function model(behaviours: readonly { readonly outcome: { readonly kind: 'value' | 'error'; readonly value: unknown } }[]): unknown[] {
  return behaviours.map(({ outcome }) => (outcome.kind === 'value' ? outcome.value : 'failed'))
}

it('has the outcomes of a plain loop, in order, however often the shard yields', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(behaviour, { minLength: 1, maxLength: 60 }),
      fc.option(fc.constantFrom(0, 1, 20), { nil: undefined }),
      async (behaviours, yieldAfterMs) => {
        let now = 0
        const clock: Clock = { now: () => now as Instant, wallTime: () => unused(), schedule: () => unused() }
        const task = (at: unknown): unknown => {
          const { outcome, wait, ms } = behaviours[at as number]!
          now += ms
          if (wait) return outcome.kind === 'value' ? Promise.resolve(outcome.value) : Promise.reject(outcome.value as Error)
          if (outcome.kind === 'error') throw outcome.value
          return outcome.value
        }
        const functions = new Map([['task', task]])
        const registry = new TaskRegistry([{ origin: 'test', label: 'test', prefix: 'test', builtIn: false, functions }])
        const items = encodeItems(behaviours.map((_, at) => at))
        const message: RunMessage = {
          kind: 'run',
          shard: 1,
          task: 'task',
          from: 0,
          spread: false,
          attempt: 1,
          reply: 'auto',
          yieldAfterMs,
          items,
        }
        const outcomes: unknown[] = []
        for (let done = 0; done < behaviours.length;) {
          const rest = { ...message, items: sliceBlock(items, done, behaviours.length - done) }
          const report = await runShard(rest, new ShardContext('w', 1), { registry, clock, nextTurn: () => Promise.resolve() })
          expect(report.count).toBeGreaterThanOrEqual(1)
          expect(report.values.count + (report.failures?.length ?? 0)).toBe(report.count)
          const values = decodeItems(report.values)
          const failed = new Set(report.failures?.map(({ at }) => at))
          for (let at = 0; at < report.count; at++) outcomes.push(failed.has(at) ? 'failed' : values.shift())
          done += report.count
        }
        expect(outcomes).toEqual(model(behaviours))
      },
    ),
    { numRuns: 300 },
  )
})

function unused(): never {
  throw new Error('a shard only reads the monotonic clock')
}
