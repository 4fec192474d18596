import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  anyBlock,
  anyClientMessage,
  anyCoordinatorMessage,
  anyServerMessage,
  anyWorkerMessage,
  PATIENT,
} from '../../../test/protocol-arbitraries.ts'
import type { ClientMessage, ResultsMessage, ServerMessage, SubmitMessage } from '../client-messages.ts'
import { encodeItems } from '../item-encoding.ts'
import { CLIENT_MESSAGES, SERVER_MESSAGES } from '../schema/client-schema.ts'
import { MessageCodec } from '../schema/message-codec.ts'
import { COORDINATOR_MESSAGES, WORKER_MESSAGES } from '../schema/worker-schema.ts'
import type { CoordinatorMessage, RanMessage, RunMessage, WorkerMessage } from '../worker-messages.ts'
import { readResults, readSubmit, writeResults, writeSubmit } from './client-frames.ts'
import { readRan, readRun, writeRan, writeRun } from './worker-frames.ts'

/** What a hand-written pair must agree with. */
interface Pair<Message> {
  readonly write: (message: Message) => Uint8Array | undefined
  readonly read: (frame: Uint8Array) => Message | undefined
  readonly tables: { readonly toCbor: (message: never) => Uint8Array; readonly fromCbor: (frame: Uint8Array) => unknown }
}

const submitPair: Pair<SubmitMessage> = { write: writeSubmit, read: readSubmit, tables: new MessageCodec<ClientMessage>(CLIENT_MESSAGES) }
const resultsPair: Pair<ResultsMessage> = {
  write: writeResults,
  read: readResults,
  tables: new MessageCodec<ServerMessage>(SERVER_MESSAGES),
}
const runPair: Pair<RunMessage> = { write: writeRun, read: readRun, tables: new MessageCodec<CoordinatorMessage>(COORDINATOR_MESSAGES) }
const ranPair: Pair<RanMessage> = { write: writeRan, read: readRan, tables: new MessageCodec<WorkerMessage>(WORKER_MESSAGES) }

const whole = fc.oneof(
  { weight: 8, arbitrary: fc.nat(70_000) },
  { weight: 2, arbitrary: fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 0xffff_ffff) },
  { weight: 1, arbitrary: fc.maxSafeNat() },
)
const positive = whole.map((value) => Math.max(1, value))
const duration = fc.oneof(whole, fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(Math.abs))
const name = fc.oneof(fc.constantFrom('square', 'a', 'wordCountFile'), fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }))
const block = fc.oneof(
  fc.double().map((value) => encodeItems([value])),
  fc.array(fc.double(), { minLength: 1, maxLength: 300 }).map((values) => encodeItems(values)),
  fc.oneof(fc.string(), fc.bigInt(), fc.string({ minLength: 200, maxLength: 3_000 })).map((value) => encodeItems([value])),
  anyBlock,
)

const submit = fc
  .tuple(positive, name, positive, whole, fc.option(fc.boolean(), { nil: undefined }), block)
  .map(([batch, task, poolSize, total, terse, items]): SubmitMessage => ({
    kind: 'submit',
    batch,
    task,
    poolSize,
    total,
    ...(terse !== undefined && { terse }),
    items,
    end: true,
  }))
const results = fc
  .tuple(positive, whole, block, fc.tuple(whole, whole, whole, duration, duration, whole))
  .map(([batch, from, values, [completed, failed, cancelled, wallMs, runMs, workers]]): ResultsMessage => ({
    kind: 'results',
    batch,
    from,
    count: values.count,
    values,
    done: { outcome: 'completed', completed, failed, cancelled, wallMs, runMs, workers },
  }))
const run = fc
  .tuple(whole, name, whole, fc.boolean(), positive, duration, block)
  .map(([shard, task, from, spread, attempt, yieldAfterMs, items]): RunMessage => ({
    kind: 'run',
    shard,
    task,
    from,
    spread,
    attempt,
    reply: 'auto',
    yieldAfterMs,
    items,
  }))
const ran = fc.tuple(whole, block, duration, duration, duration).map(([shard, values, runMs, decodeMs, encodeMs]): RanMessage => ({
  kind: 'ran',
  shard,
  count: values.count,
  values,
  runMs,
  decodeMs,
  encodeMs,
}))

/** The frame by hand is that of the tables; both ways of reading give the message back. Returns whether the frame was a hot one. */
function agree<Message>({ write, read, tables }: Pair<Message>, message: Message): boolean {
  const frame = tables.toCbor(message as never)
  const byHand = write(message)
  if (byHand !== undefined) expect(Buffer.from(byHand).equals(frame)).toBe(true)
  const readByHand = read(Buffer.concat([Buffer.from([7]), frame]).subarray(1))
  if (readByHand !== undefined && !isDeepStrictEqual(readByHand, message)) expect(readByHand).toStrictEqual(message)
  return byHand !== undefined && readByHand !== undefined
}

/** Whatever the bytes are: what is read by hand is what the tables read, and they never refuse it. */
function neverMore<Message>({ read, tables }: Pair<Message>, bytes: Uint8Array): void {
  const byHand = read(bytes)
  if (byHand !== undefined) expect(byHand).toStrictEqual(tables.fromCbor(bytes))
}

const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 3 })

function damaged(frame: Uint8Array, places: readonly (readonly [number, number])[], cut: number): Uint8Array {
  const bytes = frame.slice(0, Math.max(1, frame.length - (cut > 3 ? 0 : cut)))
  for (const [at, value] of places) bytes[at % bytes.length] = value
  return bytes
}

/** @param any every message of the kind, with all the fields that it may have. */
function check<Message>(pair: Pair<Message>, arbitrary: fc.Arbitrary<Message>, any: fc.Arbitrary<Message>): void {
  let hot = 0
  fc.assert(
    fc.property(arbitrary, (message) => {
      if (agree(pair, message)) hot++
    }),
    { numRuns: 300 },
  )
  // Otherwise the property would say nothing.
  expect(hot).toBeGreaterThan(30)
  fc.assert(
    fc.property(any, (message) => void agree(pair, message)),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(arbitrary, damage, fc.nat(9), (message, places, cut) =>
      neverMore(pair, damaged(pair.tables.toCbor(message as never), places, cut)),
    ),
    { numRuns: 1_000 },
  )
}

/** A whole small batch with any one of the other fields set: what is not written by hand must not be lost by hand. */
const anySubmit = fc
  .tuple(
    submit,
    anyClientMessage(anyBlock).filter((message) => message.kind === 'submit'),
    fc.nat(20),
  )
  .map(([plain, other, which]) => {
    const fields = Object.entries(other).filter(([, value]) => value !== undefined)
    const [name, value] = fields[which % fields.length] ?? ['kind', 'submit']
    return { ...plain, [name]: value }
  })

it('submit by hand is submit by the tables', PATIENT, () => check(submitPair, submit, anySubmit))
it('results by hand are results by the tables', PATIENT, () =>
  check(
    resultsPair,
    results,
    anyServerMessage(anyBlock).filter((message) => message.kind === 'results'),
  ),
)
it('run by hand is run by the tables', PATIENT, () =>
  check(
    runPair,
    run,
    anyCoordinatorMessage.filter((message) => message.kind === 'run'),
  ),
)
it('ran by hand is ran by the tables', PATIENT, () =>
  check(
    ranPair,
    ran,
    anyWorkerMessage.filter((message) => message.kind === 'ran'),
  ),
)

it('a message that says more is left to the tables', () => {
  const items = encodeItems([12])
  const plain: SubmitMessage = { kind: 'submit', batch: 1, task: 'square', poolSize: 1, total: 1, items, end: true }
  expect(writeSubmit(plain)).toBeDefined()
  expect(writeSubmit({ ...plain, retries: 1 })).toBeUndefined()
  expect(writeSubmit({ ...plain, pool: 'p' })).toBeUndefined()
  expect(writeSubmit({ ...plain, end: false })).toBeUndefined()
  expect(readSubmit(submitPair.tables.toCbor({ ...plain, priority: 3 } as never))).toBeUndefined()
})
