/**
 * What frames and item blocks cost. Run: `node --conditions=forkpool-source packages/pool-core/src/protocol/frame.bench.ts`.
 * Prints a line a case: microseconds a call, median and best of several rounds, beside the memory copies that bound large blocks. Frames are
 * read from `Buffer`s, as a socket gives them. Wrong figures come from a machine that does something else, and from comparing a case with one
 * of another run: use the ratios.
 */
import { systemClock } from '../base/clock.ts'
import {
  decodeClientMessage,
  decodeCoordinatorMessage,
  decodeItems,
  decodeItemsInto,
  decodeServerMessage,
  decodeWorkerMessage,
  encodeClientMessage,
  encodeCoordinatorMessage,
  encodeItems,
  encodeItemsJson,
  encodeServerMessage,
  encodeWorkerMessage,
  sliceBlock,
} from './index.ts'
import type { ItemBlock, ResultsMessage, RunMessage, SubmitMessage, WorkerMessage } from './index.ts'

const ROUNDS = 11
const ROUND_MS = 20

/** Keeps the optimiser from dropping a call whose result nobody uses. */
let kept: unknown

function measure(name: string, call: () => unknown): void {
  let calls = 1
  for (let ms = 0; ms < ROUND_MS;) {
    calls *= 2
    ms = round(call, calls)
  }
  const times = Array.from({ length: ROUNDS }, () => (round(call, calls) / calls) * 1000).toSorted((a, b) => a - b)
  const [median, best] = [times[ROUNDS >> 1] as number, times[0] as number]
  console.log(`${name.padEnd(44)} ${median.toFixed(3).padStart(10)} µs, best ${best.toFixed(3).padStart(10)} µs`)
}

function round(call: () => unknown, calls: number): number {
  const startedAt = systemClock.now()
  for (let i = 0; i < calls; i++) kept = call()
  return systemClock.now() - startedAt
}

function received(frame: Uint8Array | string): Uint8Array {
  return Buffer.from(frame as Uint8Array)
}

/** One task at a time: the frames of a submission and its way back. */
function single(name: string, values: readonly unknown[]): void {
  const items = encodeItems(values)
  measure(`encodeItems, one ${name}`, () => encodeItems(values))
  measure(`decodeItems, one ${name}`, () => decodeItems(items))
  const submit: SubmitMessage = { kind: 'submit', batch: 17, task: 'square', poolSize: 4, items, end: true }
  const run: RunMessage = {
    kind: 'run',
    shard: 900,
    task: 'square',
    from: 0,
    spread: false,
    attempt: 1,
    reply: 'auto',
    yieldAfterMs: 100,
    items,
  }
  const ran: WorkerMessage = { kind: 'ran', shard: 900, count: 1, values: items, runMs: 0.123, decodeMs: 0.01, encodeMs: 0.02 }
  const done = { outcome: 'completed', completed: 1, failed: 0, cancelled: 0, wallMs: 0.2, runMs: 0.1, workers: 1 } as const
  const results: ResultsMessage = { kind: 'results', batch: 17, from: 0, count: 1, values: items, done }
  measure(`submit, one ${name}: encode`, () => encodeClientMessage(submit, 'cbor'))
  const submitted = received(encodeClientMessage(submit, 'cbor'))
  measure(`submit, one ${name}: decode`, () => decodeClientMessage(submitted, 'cbor'))
  measure(`run, one ${name}: encode`, () => encodeCoordinatorMessage(run))
  const started = received(encodeCoordinatorMessage(run))
  measure(`run, one ${name}: decode`, () => decodeCoordinatorMessage(started))
  measure(`ran, one ${name}: encode`, () => encodeWorkerMessage(ran))
  const ended = received(encodeWorkerMessage(ran))
  measure(`ran, one ${name}: decode`, () => decodeWorkerMessage(ended))
  measure(`results, one ${name}: encode`, () => encodeServerMessage(results, 'cbor'))
  const answered = received(encodeServerMessage(results, 'cbor'))
  measure(`results, one ${name}: decode`, () => decodeServerMessage(answered, 'cbor'))
  measure(`submit, one ${name}: encode as JSON`, () => encodeClientMessage(submit, 'json'))
  const json = encodeClientMessage(submit, 'json')
  measure(`submit, one ${name}: decode JSON`, () => decodeClientMessage(json, 'json'))
}

/** A batch: blocks of the usual size. */
function large(name: string, values: readonly unknown[]): void {
  const items = encodeItems(values)
  const target = new Array<unknown>(values.length)
  measure(`encodeItems, ${name}`, () => encodeItems(values))
  measure(`decodeItemsInto, ${name}`, () => decodeItemsInto(items, target, 0))
  measure(`decodeItems, ${name}`, () => decodeItems(items))
  measure(`sliceBlock, ${name}`, () => sliceBlock(items, 1000, 1000))
  frames(`items, ${name}`, items, 'cbor')
  frames(`items, ${name}, JSON`, encodeItemsJson(values), 'json')
}

function frames(name: string, items: ItemBlock, dialect: 'cbor' | 'json'): void {
  const message = { kind: 'items', batch: 1, items } as const
  measure(`${name}: encode`, () => encodeClientMessage(message, dialect))
  const frame = received(encodeClientMessage(message, dialect))
  measure(`${name}: decode`, () => decodeClientMessage(frame, dialect))
}

const BLOCK_BYTES = 512 * 1024
const from = new Uint8Array(BLOCK_BYTES).fill(1)
const to = new Uint8Array(BLOCK_BYTES)
measure('copy of 512 KiB', () => to.set(from))
measure('copy of 512 KiB into fresh memory', () => new Uint8Array(from))
single('number', [12_345])
single('object', [{ path: '/a/b/c', size: 12, tags: ['x', 'y'] }])
large(
  '65,536 numbers',
  Array.from({ length: 65_536 }, (_, i) => i * 1.5),
)
large(
  '8,192 objects',
  Array.from({ length: 8192 }, (_, i) => ({ id: i, name: `name ${i}`, ok: i % 2 === 0, tags: ['x', i] })),
)
if (kept === undefined) console.log('nothing was measured')
