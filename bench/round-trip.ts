import { createRequire } from 'node:module'
import { connect } from '@forkpool/client'
import { encodeClientMessage, encodeItems, encodeServerMessage } from '@forkpool/pool-core/protocol'
import { startRawRoundTrip, type FrameSizes } from './floor/raw-round-trip.ts'
import { withCoordinator } from './measure/bench-coordinator.ts'
import { describeMachine, renderMachine } from './measure/machine.ts'
import type { BenchResult, Goal } from './measure/report.ts'
import { median, percentile } from './measure/statistics.ts'

const SLICES = 20
const CALLS_PER_SLICE = 500
const WARM_UP_CALLS = 3_000
const RATIO_WANTED = 1.3

/** Milliseconds of single calls, by slice. */
interface Slices {
  readonly ours: number[][]
  readonly floor: number[][]
}

/**
 * One task at a time, from submit to result through the whole service, against the least that its shape allows: two bare `ws` round
 * trips with frames of the same sizes, in the same run, in slices that take turns.
 */
export async function roundTrip(): Promise<BenchResult> {
  const sizes = frameSizes()
  const { version } = createRequire(import.meta.url)('ws/package.json') as { version: string }
  const machine = describeMachine({ ws: version })
  console.log(renderMachine(machine))
  console.log(`\none task at a time, ${SLICES} × ${CALLS_PER_SLICE} calls each; frames of ${sizes.request} and ${sizes.answer} bytes`)

  const slices = await withCoordinator((coordinator) => measureSlices(coordinator.url, sizes))
  const ours = slices.ours.flat()
  const floor = slices.floor.flat()
  const ratio = percentile(ours, 0.5) / percentile(floor, 0.5)
  const sliceRatios = slices.ours.map((slice, i) => median(slice) / median(slices.floor[i] ?? []))
  console.log(`service   p50 ${microseconds(percentile(ours, 0.5))}  p99 ${microseconds(percentile(ours, 0.99))}`)
  console.log(`floor     p50 ${microseconds(percentile(floor, 0.5))}  p99 ${microseconds(percentile(floor, 0.99))}`)
  console.log(`ratio     p50 ${ratio.toFixed(2)}; median of the slices ${median(sliceRatios).toFixed(2)}`)

  const goals: Goal[] = [
    {
      what: 'p50 of the service over p50 of the floor',
      measured: round(ratio),
      wanted: `under ${RATIO_WANTED}`,
      reached: ratio < RATIO_WANTED,
    },
  ]
  const summary = (values: readonly number[]): Record<string, number> => ({
    p50Ms: round(percentile(values, 0.5)),
    p90Ms: round(percentile(values, 0.9)),
    p99Ms: round(percentile(values, 0.99)),
  })
  const figures = { sizes, calls: ours.length, service: summary(ours), floor: summary(floor), sliceRatios: sliceRatios.map(round) }
  return { bench: 'round-trip', measuredAt: new Date().toISOString(), machine, goals, figures }
}

async function measureSlices(url: string, sizes: FrameSizes): Promise<Slices> {
  await using cluster = await connect(url)
  const pool = cluster.pool({ size: 1 })
  const raw = await startRawRoundTrip(sizes)
  try {
    const callService = async (): Promise<void> => {
      if ((await pool.submit('square', 12)) !== 144) throw new Error('the service gave a wrong square')
    }
    await timeCalls(callService, WARM_UP_CALLS)
    await timeCalls(raw.call, WARM_UP_CALLS)
    const slices: Slices = { ours: [], floor: [] }
    for (let i = 0; i < SLICES; i++) {
      if (i % 2 === 0) slices.ours.push(await timeCalls(callService, CALLS_PER_SLICE))
      slices.floor.push(await timeCalls(raw.call, CALLS_PER_SLICE))
      if (i % 2 === 1) slices.ours.push(await timeCalls(callService, CALLS_PER_SLICE))
    }
    return slices
  } finally {
    await raw.stop()
  }
}

async function timeCalls(call: () => Promise<void>, count: number): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now()
    await call()
    times.push(performance.now() - startedAt)
  }
  return times
}

/** Bytes of the two frames that one call needs: the submit with its item, and the result with the end of its batch. */
function frameSizes(): FrameSizes {
  const request = encodeClientMessage(
    { kind: 'submit', batch: 1000, task: 'square', poolSize: 1, total: 1, items: encodeItems([12]), end: true },
    'cbor',
  )
  const done = { outcome: 'completed', completed: 1, failed: 0, cancelled: 0, wallMs: 0.25, runMs: 0.05, workers: 1 } as const
  const answer = encodeServerMessage({ kind: 'results', batch: 1000, from: 0, count: 1, values: encodeItems([144]), done }, 'cbor')
  return { request: request.length, answer: answer.length }
}

function microseconds(milliseconds: number): string {
  return `${(milliseconds * 1000).toFixed(0)} µs`
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
