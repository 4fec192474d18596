import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ForkpoolError } from '../base/index.ts'
import type { WorkerLink } from '../link/worker-link.ts'
import { decodeItems, decodeWorkerMessage, encodeCoordinatorMessage, encodeItems } from '../protocol/index.ts'
import type { CoordinatorMessage, RanMessage } from '../protocol/index.ts'
import { taskContext, TaskRegistry } from '../task/index.ts'
import type { TaskFunction } from '../task/index.ts'
import { FakeClock } from '../testing/index.ts'
import { WorkerSession } from './worker-session.ts'

/** A session whose link keeps what is sent, and whose tasks take one, or wait until they are aborted or released. */
class Bench {
  readonly reports: RanMessage[] = []
  stopped = 0
  /** Reports that the link may not keep back any more. */
  flushed = 0
  readonly garbage: unknown[] = []
  /** Ends of the tasks that wait now: one at most, as a worker runs one task at a time. */
  readonly waiting: (() => void)[] = []
  readonly session: WorkerSession

  constructor() {
    const link: WorkerLink = {
      send: (frame) => {
        expect(this.stopped).toBe(0)
        const message = decodeWorkerMessage(frame)
        if (message.kind === 'ran') this.reports.push(message)
      },
      flush: () => (this.flushed = this.reports.length),
      onFrame: () => {},
      onClose: () => {},
      close: () => {},
    }
    const wait: TaskFunction = (n) =>
      new Promise((resolve, reject) => {
        this.waiting.push(() => resolve(n))
        taskContext().signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
    const functions = new Map<string, TaskFunction>([
      ['compute', (n) => n],
      ['count', () => this.flushed],
      ['wait', wait],
    ])
    const registry = new TaskRegistry([{ origin: 'test', label: 'test', prefix: 'test', builtIn: false, functions }])
    this.session = new WorkerSession({
      link,
      workerId: 'w1',
      host: { registry, clock: new FakeClock(), nextTurn: () => Promise.resolve() },
      onStopped: () => this.stopped++,
      onGarbage: (thrown) => this.garbage.push(thrown),
    })
  }

  receive(message: CoordinatorMessage): void {
    const frame = encodeCoordinatorMessage(message)
    const own = frame.slice()
    this.session.receive(own)
    // The link may use a frame's memory again as soon as the handler returns.
    own.fill(0xee)
  }

  run(shard: number, task: string, count: number): void {
    const items = encodeItems(Array.from({ length: count }, (_, i) => (i % 2 === 0 ? i : `text ${i}`)))
    this.receive({ kind: 'run', shard, task, from: 0, spread: false, attempt: 1, reply: 'auto', items })
  }
}

/** Lets everything that can go on go on; nothing here waits for more than microtasks. */
async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve()
}

const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('run' as const),
      task: fc.constantFrom('compute', 'wait'),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), shard: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'release' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'settle' as const }) },
)

describe('a worker session', () => {
  it('reports on every shard once, whatever is aborted when, and then stops once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        const bench = new Bench()
        const counts = new Map<number, number>()
        for (const step of commands) {
          if (step.kind === 'run') {
            counts.set(counts.size + 1, step.count)
            bench.run(counts.size, step.task, step.count)
          } else if (step.kind === 'abort') {
            bench.receive({ kind: 'abort', shard: step.shard })
          } else if (step.kind === 'release') {
            bench.waiting.splice(0).forEach((end) => end())
          } else {
            await settle()
          }
        }
        bench.receive({ kind: 'stop' })
        for (let i = 0; i < 4 * counts.size + 1; i++) {
          await settle()
          bench.waiting.splice(0).forEach((end) => end())
        }
        expect(bench.reports.map(({ shard }) => shard).sort((a, b) => a - b)).toEqual([...counts.keys()])
        for (const { shard, count, values, failures } of bench.reports) {
          expect(count).toBeLessThanOrEqual(counts.get(shard) ?? 0)
          expect(values.count).toBe(count)
          expect(failures).toBeUndefined()
        }
        expect(bench.stopped).toBe(1)
        expect(bench.garbage).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

describe('the shards of a worker session', () => {
  it('run whole and in order where nobody aborts them', async () => {
    const bench = new Bench()
    for (let shard = 1; shard <= 5; shard++) bench.run(shard, 'compute', shard)
    await settle()
    expect(bench.reports.map(({ shard, count }) => [shard, count])).toEqual([1, 2, 3, 4, 5].map((shard) => [shard, shard]))
  })

  it('begin when the reports on those before them are on their way', async () => {
    const bench = new Bench()
    for (let shard = 1; shard <= 4; shard++) bench.run(shard, 'count', 1)
    await settle()
    expect(bench.reports.map(({ values }) => decodeItems(values)[0])).toEqual([0, 1, 2, 3])
  })

  it('are interrupted by an abort, and the next goes on', async () => {
    const bench = new Bench()
    bench.run(1, 'wait', 2)
    bench.run(2, 'compute', 1)
    bench.receive({ kind: 'abort', shard: 1 })
    await settle()
    expect(bench.reports.map(({ shard, count }) => [shard, count])).toEqual([
      [1, 0],
      [2, 1],
    ])
  })
})

describe('garbage on the link of a worker session', () => {
  it('ends it at the first frame that is no message, with BAD_MESSAGE and nothing else', () => {
    const messages = fc.constantFrom<CoordinatorMessage>({ kind: 'stop' }, { kind: 'abort', shard: 7 })
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(messages, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([message, at, change]) => {
        const frame = encodeCoordinatorMessage(message).slice()
        frame[at % frame.length]! ^= change
        return frame
      }),
    )
    fc.assert(
      fc.property(bytes, (frame) => {
        const bench = new Bench()
        bench.session.receive(frame)
        if (bench.garbage.length === 0) return
        expect(bench.garbage).toHaveLength(1)
        expect(bench.garbage[0]).toBeInstanceOf(ForkpoolError)
        expect(bench.garbage[0]).toMatchObject({ code: 'BAD_MESSAGE' })
        bench.run(1, 'compute', 1)
        expect(bench.reports).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })
})
