import { ForkpoolError } from '../base/index.ts'
import type { BatchSummary, ItemBlock, ResultsMessage } from '../protocol/index.ts'
import { Attachments, decodeItems, encodeItems } from '../protocol/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission } from './batch-carrier.ts'
import { checkWhole } from './batch-options.ts'
import { tell } from './tell.ts'
import type { TaskListeners, TaskTold } from './task-told.ts'
import { toTaskError } from './wire-errors.ts'

/** Options of one generator that runs as a task. */
export interface TaskStreamOptions extends TaskListeners {
  /** Most items that the generator is ahead of its reader: then it waits. Default 256. */
  readonly bufferSize?: number | undefined
  /** Ends the generator; the reader's next item rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** −10 to 10; higher begins sooner. Default 0. */
  readonly priority?: number | undefined
}

/** A few blocks of small items; of large ones so many are already a lot. */
const BUFFER_SIZE_DEFAULT = 256

/** @throws ForkpoolError BAD_ARGUMENT that names the option and what was expected. */
function roomOf({ bufferSize = BUFFER_SIZE_DEFAULT }: TaskStreamOptions): number {
  checkWhole('bufferSize', bufferSize, 1, Number.MAX_SAFE_INTEGER)
  return bufferSize
}

/** One generator, from its call to its end: what it has sent and nobody has read, and who waits for more. */
export class StreamCall implements BatchOwner {
  readonly #carrier: BatchCarrier
  readonly #options: TaskStreamOptions
  readonly #task: string
  readonly #room: number
  #batch: number | undefined
  #items: unknown[] = []
  /** The next of `#items` to be read. */
  #at = 0
  /** Read, and not granted again. */
  #taken = 0
  #end: { readonly error?: unknown } | undefined
  #onNews: (() => void)[] = []

  constructor(carrier: BatchCarrier, task: string, options: TaskStreamOptions) {
    this.#carrier = carrier
    this.#task = task
    this.#options = options
    this.#room = roomOf(options)
  }

  start(request: BatchSubmission, args: readonly unknown[]): void {
    const { signal } = this.#options
    if (signal?.aborted === true) {
      this.#over({ error: signal.reason })
      return
    }
    try {
      const spread = args.length !== 1
      const attachments = this.#carrier.attaches === true ? new Attachments() : undefined
      const items = encodeItems(spread ? [args] : args, 0, 1, attachments)
      signal?.addEventListener('abort', this.#abort)
      const room = this.#room
      this.#batch = this.#carrier.submit(this, { ...request, ...(spread && { spread }), chunkSize: 1, total: 1, items, end: true, room })
    } catch (error) {
      this.#over({ error })
    }
  }

  /** The next item; undefined at the end. Rejects, once, with what the generator threw, behind the items before it. */
  async read(): Promise<{ readonly value: unknown } | undefined> {
    while (this.#at === this.#items.length) {
      if (this.#end !== undefined) return this.#readEnd(this.#end)
      await new Promise<void>((resolve) => this.#onNews.push(resolve))
    }
    const value = this.#items[this.#at++]
    if (this.#at === this.#items.length) {
      this.#items = []
      this.#at = 0
    }
    this.#grant()
    return { value }
  }

  /** The reader wants no more: the generator ends as by `break`. */
  leave(): void {
    if (this.#end === undefined && this.#batch !== undefined) this.#carrier.cancel(this.#batch)
    this.#items = []
    this.#at = 0
    this.#over({})
  }

  accepted(): void {
    // Nobody asked to be told.
  }

  room(): void {
    // All of it is sent already.
  }

  produced(items: ItemBlock): void {
    if (this.#end !== undefined) return
    for (const item of decodeItems(items)) this.#items.push(item)
    this.#tellReaders()
  }

  results({ failures }: ResultsMessage): void {
    const failure = failures?.[0]
    this.#over(failure === undefined ? {} : { error: toTaskError(failure, this.#task, 0) })
  }

  ended(summary: BatchSummary): void {
    // Without a result: cancelled by somebody else.
    this.#over(summary.outcome === 'completed' ? {} : { error: new ForkpoolError('BATCH_CANCELLED') })
  }

  failed(error: ForkpoolError): void {
    this.#over({ error })
  }

  told(told: TaskTold): boolean {
    const { onLog, onTaskProgress } = this.#options
    if (told.kind === 'log') tell('onLog', onLog, () => told)
    else tell('onTaskProgress', onTaskProgress, () => told)
    return (told.kind === 'log' ? onLog : onTaskProgress) !== undefined
  }

  #readEnd(end: { readonly error?: unknown }): undefined {
    this.#end = {}
    if ('error' in end) throw end.error
    return undefined
  }

  /** In halves of the room, so that not every item costs a message. */
  #grant(): void {
    this.#taken++
    if (this.#taken < (this.#room + 1) >> 1 || this.#end !== undefined || this.#batch === undefined) return
    this.#carrier.more?.(this.#batch, this.#taken)
    this.#taken = 0
  }

  #over(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#tellReaders()
  }

  #tellReaders(): void {
    for (const told of this.#onNews.splice(0)) told()
  }

  readonly #abort = (): void => {
    if (this.#batch !== undefined) this.#carrier.cancel(this.#batch)
    this.#over({ error: this.#options.signal?.reason })
  }
}

/** A generator whose reader nobody holds any more would wait for ever. */
const abandoned = new FinalizationRegistry<StreamCall>((call) => call.leave())

/**
 * The items of a generator that runs as a task, in order, while it runs. It is ahead of its reader by `bufferSize` items at most. Leaving a `for await`
 * early ends it in its worker, where its `finally` runs.
 */
export class TaskStream<Item> implements AsyncIterableIterator<Item, undefined, undefined>, AsyncDisposable {
  readonly #call: StreamCall

  constructor(call: StreamCall) {
    this.#call = call
    abandoned.register(this, call)
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    const item = await this.#call.read()
    return item === undefined ? { value: undefined, done: true } : { value: item.value as Item, done: false }
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#call.leave()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#call.leave()
    return Promise.resolve()
  }
}
