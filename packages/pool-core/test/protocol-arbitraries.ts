/** Random values, errors and messages of the protocol, for property tests. */
import fc from 'fast-check'
import type {
  ClientMessage,
  CoordinatorMessage,
  ItemBlock,
  ServerMessage,
  TaskListing,
  WireError,
  WorkerMessage,
} from '../src/protocol/index.ts'
import { encodeItems, encodeItemsJson, NAME_LENGTH_MAX } from '../src/protocol/index.ts'

/** For every property: a failing one is not shrunk for minutes. */
export const BOUNDED: { readonly interruptAfterTimeLimit: number; readonly markInterruptAsFailure: boolean } = {
  interruptAfterTimeLimit: 40_000,
  markInterruptAsFailure: true,
}

/** For the test of a property: on a machine that does much else it takes longer than the usual limit of a test. */
export const PATIENT: { readonly timeout: number } = { timeout: 60_000 }

/** Any string that JavaScript has, lone surrogates included. */
const anyString: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 }), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
  fc.string({ minLength: 60, maxLength: 300 }),
)

const key = anyString.filter((text) => text !== '__proto__' && text !== 'constructor')

const bytes = fc.uint8Array({ maxLength: 40 })

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-0, 0, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 2 ** 32, -(2 ** 32), 23, 24, 255, 256, 65_535, 65_536, -24, -25),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
  anyString,
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.date({ noInvalidDate: false }),
  bytes.map((array) => new Uint8Array(array)),
  bytes.map((array) => new Uint8ClampedArray(array)),
  fc.int8Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  bytes.map((array) => new Uint8Array(array).buffer),
  bytes.map((array) => new DataView(new Uint8Array(array).buffer)),
  fc.constantFrom(/a\/b/giu, new RegExp(''), /[^\u{1F600}]+/v),
)

/** Any value that can travel. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('array'), tie('object'), tie('map'), tie('set'), tie('error')),
  array: fc.array(tie('value'), { maxLength: 6 }),
  object: fc.dictionary(fc.oneof(key, fc.constant('$type')), tie('value'), { maxKeys: 6, noNullPrototype: true }),
  map: fc
    .array(fc.tuple(fc.oneof(anyString, fc.integer(), tie('value')), tie('value')), { maxLength: 5 })
    .map((entries) => new Map(entries)),
  set: fc.array(tie('value'), { maxLength: 5 }).map((values) => new Set(values)),
  error: fc
    .tuple(anyString, fc.constantFrom(Error, RangeError, TypeError), tie('value'), fc.boolean())
    .map(([message, Class, cause, has]) => {
      return has ? new Class(message, { cause }) : new Class(message)
    }),
})).value

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((some) => some.slice(0, NAME_LENGTH_MAX))
const count = fc.oneof(fc.nat(), fc.maxSafeNat())
const positive = count.map((number) => Math.max(1, number))
const duration = fc.double({ min: 0, max: 1e12, noNaN: true }).map((ms) => (ms === 0 ? 0 : ms))

function maybe<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.option(arbitrary, { nil: undefined })
}

/** A record without the keys whose value is `undefined`: messages come back so. */
function record<Shape extends object>(model: { [Name in keyof Shape]-?: fc.Arbitrary<Shape[Name]> }): fc.Arbitrary<Shape> {
  return fc
    .record(model as Record<string, fc.Arbitrary<unknown>>, { noNullPrototype: true })
    .map((some) => Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)) as Shape)
}

const anyWireError: fc.Arbitrary<WireError> = fc.letrec<{ error: WireError }>((tie) => ({
  error: record<WireError>({
    name: text,
    message: anyString,
    code: maybe(fc.constantFrom('TASK_FAILED', 'WORKER_LOST')),
    stack: maybe(anyString),
    properties: maybe(fc.dictionary(key, anyValue, { maxKeys: 3, noNullPrototype: true })),
    dropped: maybe(fc.array(anyString, { maxLength: 3 })),
    cause: fc.option(tie('error'), { nil: undefined, depthSize: 'small', maxDepth: 3 }),
    errors: fc.option(fc.array(tie('error'), { maxLength: 2 }), { nil: undefined, depthSize: 'small', maxDepth: 2 }),
  }),
})).error

const numbers = fc.array(fc.double(), { minLength: 1, maxLength: 30 })
const values = fc.array(anyValue, { minLength: 1, maxLength: 12 })

/** A block of any codec. */
export const anyBlock: fc.Arbitrary<ItemBlock> = fc.oneof(
  numbers.map((some) => encodeItems(some)),
  values.map((some) => encodeItems(some)),
  values.map((some) => encodeItemsJson(some)),
)

/** A block as the JSON dialect gives it. */
export const anyJsonBlock: fc.Arbitrary<ItemBlock> = values.map((some) => encodeItemsJson(some))

export function anyClientMessage(block: fc.Arbitrary<ItemBlock>): fc.Arbitrary<ClientMessage> {
  const kind = <Kind extends ClientMessage['kind']>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name)
  return fc.oneof(
    record<Extract<ClientMessage, { kind: 'hello' }>>({
      kind: kind('hello'),
      versions: fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 1, maxLength: 32 }),
      client: maybe(text),
      instance: maybe(text),
      connection: maybe(count),
      token: maybe(text),
    }),
    record<Extract<ClientMessage, { kind: 'submit' }>>({
      kind: kind('submit'),
      batch: positive,
      task: text,
      pool: maybe(text),
      poolSize: maybe(positive),
      spread: maybe(fc.boolean()),
      total: maybe(count),
      priority: maybe(fc.integer({ min: -10, max: 10 })),
      chunkSize: maybe(fc.integer({ min: 1, max: 1_048_576 })),
      retries: maybe(fc.integer({ min: 0, max: 100 })),
      backoffMs: maybe(duration),
      jitter: maybe(duration),
      retryOn: maybe(fc.array(text, { minLength: 1, maxLength: 32 })),
      timeoutMs: maybe(fc.integer({ min: 1, max: 86_400_000 })),
      deadlineMs: maybe(fc.integer({ min: 1, max: 2_592_000_000 })),
      failFast: maybe(fc.boolean()),
      resultWindowBytes: maybe(positive),
      terse: maybe(fc.boolean()),
      key: maybe(text),
      detached: maybe(fc.boolean()),
      items: maybe(block),
      end: maybe(fc.boolean()),
    }),
    fc
      .tuple(positive, text, fc.boolean(), fc.uniqueArray(count, { maxLength: 20 }), maybe(positive))
      .map(([batch, name, isId, places, resultWindowBytes]): ClientMessage => ({
        kind: 'attach',
        batch,
        ...(isId ? { id: name } : { session: name }),
        ...(places.length > 0 && { have: places.slice(places.length % 2).toSorted((a, b) => a - b) }),
        ...(resultWindowBytes !== undefined && { resultWindowBytes }),
      })),
    record<Extract<ClientMessage, { kind: 'items' }>>({
      kind: kind('items'),
      batch: positive,
      from: maybe(count),
      items: block,
      end: maybe(fc.boolean()),
    }),
    record<Extract<ClientMessage, { kind: 'end' }>>({ kind: kind('end'), batch: positive }),
    record<Extract<ClientMessage, { kind: 'cancel' }>>({ kind: kind('cancel'), batch: positive }),
    record<Extract<ClientMessage, { kind: 'credit' }>>({ kind: kind('credit'), batch: positive, bytes: positive }),
  )
}

const summary = {
  outcome: fc.constantFrom('completed' as const, 'failed' as const, 'cancelled' as const),
  completed: count,
  failed: count,
  cancelled: count,
  wallMs: duration,
  runMs: duration,
  workers: count,
}

/** Failures at ascending places of a message with so many results. */
function failures<Failure>(
  results: number,
  extra: fc.Arbitrary<Failure>,
): fc.Arbitrary<readonly (Failure & { at: number; error: WireError })[]> {
  return fc
    .array(fc.tuple(anyWireError, extra), { maxLength: 3 })
    .chain((some) =>
      fc
        .uniqueArray(fc.nat({ max: results + some.length - 1 }), { minLength: some.length, maxLength: some.length })
        .map((places) => places.toSorted((a, b) => a - b).map((at, i) => ({ at, error: some[i]![0], ...some[i]![1] }))),
    )
}

export function anyServerMessage(block: fc.Arbitrary<ItemBlock>): fc.Arbitrary<ServerMessage> {
  type Of<Kind extends ServerMessage['kind']> = Extract<ServerMessage, { kind: Kind }>
  const kind = <Kind extends ServerMessage['kind']>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name)
  const limits = record<Of<'welcome'>['limits']>({
    frameBytes: positive,
    inputWindowBytes: positive,
    resultWindowBytes: positive,
    poolSizeMax: positive,
    batchesOpenMax: positive,
  })
  return fc.oneof(
    record<Of<'welcome'>>({
      kind: kind('welcome'),
      version: fc.nat({ max: 65_535 }),
      session: text,
      server: text,
      cores: positive,
      limits,
    }),
    record<Of<'accepted'>>({ kind: kind('accepted'), batch: positive, id: text, pool: text, poolSize: positive }),
    record<Of<'attached'>>({
      kind: kind('attached'),
      batch: positive,
      id: text,
      task: text,
      pool: text,
      poolSize: positive,
      received: count,
      roomBytes: count,
      inputEnded: fc.boolean(),
    }),
    block.chain((results) =>
      failures(results.count, record<{ attempts: number }>({ attempts: positive })).chain((failed) =>
        record<Of<'results'>>({
          kind: kind('results'),
          batch: positive,
          from: count,
          count: fc.constant(results.count + failed.length),
          values: fc.constant(results),
          failures: failed.length > 0 ? fc.constant(failed) : maybe(fc.constant(failed)),
          done: maybe(record<Of<'results'>['done'] & object>(summary)),
        }),
      ),
    ),
    record<Of<'done'>>({ kind: kind('done'), batch: positive, ...summary }),
    record<Of<'credit'>>({ kind: kind('credit'), batch: positive, bytes: positive }),
    record<Of<'refused'>>({ kind: kind('refused'), batch: maybe(positive), error: anyWireError }),
    record<Of<'goodbye'>>({ kind: kind('goodbye'), reason: anyString }),
  )
}

const listing = record<TaskListing>({
  name: text,
  module: text,
  parameters: fc.array(anyString, { maxLength: 4 }),
  description: maybe(anyString),
})

export const anyWorkerMessage: fc.Arbitrary<WorkerMessage> = fc.oneof(
  record<Extract<WorkerMessage, { kind: 'ready' }>>({
    kind: fc.constant('ready'),
    pid: positive,
    tasks: fc.array(listing, { maxLength: 4 }),
  }),
  record<Extract<WorkerMessage, { kind: 'broken' }>>({ kind: fc.constant('broken'), error: anyWireError }),
  anyBlock.chain((results) =>
    failures(results.count, record<{ retryable: boolean }>({ retryable: fc.boolean() })).chain((failed) =>
      record<Extract<WorkerMessage, { kind: 'ran' }>>({
        kind: fc.constant('ran'),
        shard: count,
        count: fc.constant(results.count + failed.length),
        values: fc.constant(results),
        failures: failed.length > 0 ? fc.constant(failed) : maybe(fc.constant(failed)),
        runMs: duration,
        decodeMs: duration,
        encodeMs: duration,
      }),
    ),
  ),
)

export const anyCoordinatorMessage: fc.Arbitrary<CoordinatorMessage> = fc.oneof(
  record<Extract<CoordinatorMessage, { kind: 'run' }>>({
    kind: fc.constant('run'),
    shard: count,
    task: text,
    from: count,
    spread: fc.boolean(),
    attempt: positive,
    reply: fc.constantFrom('auto', 'json'),
    yieldAfterMs: maybe(duration),
    items: anyBlock,
  }),
  record<Extract<CoordinatorMessage, { kind: 'abort' }>>({ kind: fc.constant('abort'), shard: count }),
  fc.constant({ kind: 'stop' as const }),
)
