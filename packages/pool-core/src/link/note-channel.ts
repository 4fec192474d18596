import type { MessagePort } from 'node:worker_threads'
import { ForkpoolError } from '../base/index.ts'
import type { BatchSubmission } from '../batch/index.ts'
import type { BatchSummary, ItemBlock, ResultsMessage, WireError } from '../protocol/index.ts'
import type { WorkerLink } from './worker-link.ts'

/** What goes along with a shard, before its `run`. */
export interface Prelude {
  readonly kind: 'prelude'
  readonly shard: number
  /** Buffers that stand beside its items. */
  readonly attachments?: readonly unknown[] | undefined
  /** Its one task is a generator: so many items may be sent before the reader asks for more. */
  readonly room?: number | undefined
  /** What carried storages hold where it was called, as bytes. */
  readonly stores?: Uint8Array | undefined
  /** Say when its first task begins. */
  readonly tellsBegin?: boolean | undefined
}

/** Pool → worker, beside the messages of the protocol. */
export type PoolNote =
  | Prelude
  /** The reader of a stream has taken so many items. */
  | { readonly kind: 'more'; readonly shard: number; readonly count: number }
  /** What a call of a task brings. */
  | { readonly kind: 'answer'; readonly answer: NestedAnswer }
  /** Leave this shard. This and `stop` are messages of the protocol too: as notes they spare both sides its tables. */
  | { readonly kind: 'abort'; readonly shard: number }
  /** Finish what runs, then exit. */
  | { readonly kind: 'stop' }

/** Worker → pool, beside the messages of the protocol. */
export type WorkerNote =
  /** Its modules are loaded, and its initializer has run: it has tasks of these names. */
  | { readonly kind: 'ready'; readonly tasks: readonly string[] }
  /** It cannot be set up, and ends. */
  | { readonly kind: 'broken'; readonly error: WireError }
  | { readonly kind: 'began'; readonly shard: number }
  /** What the worker takes now; before each report, where the pool wants to know. */
  | { readonly kind: 'memory'; readonly bytes: number }
  | { readonly kind: 'log'; readonly shard: number; readonly index: number; readonly values: readonly unknown[] }
  | {
      readonly kind: 'progress'
      readonly shard: number
      readonly index: number
      readonly fraction: number
      readonly note?: string | undefined
    }
  /** The next items of a stream. */
  | { readonly kind: 'produced'; readonly shard: number; readonly items: ItemBlock }
  /** Buffers that stand beside the results that follow. */
  | { readonly kind: 'attachments'; readonly shard: number; readonly attachments: readonly unknown[] }
  /** What a task of the shard wants of its pool. */
  | { readonly kind: 'call'; readonly shard: number; readonly call: NestedCall }

/** What a task asks of its pool. `batch` is the worker's number for the call, never used twice. */
export type NestedCall =
  | { readonly kind: 'submit'; readonly batch: number; readonly submission: BatchSubmission }
  | { readonly kind: 'items'; readonly batch: number; readonly items: ItemBlock; readonly end: boolean }
  | { readonly kind: 'end'; readonly batch: number }
  | { readonly kind: 'cancel'; readonly batch: number }
  | { readonly kind: 'consumed'; readonly batch: number; readonly bytes: number }

/** What comes of it; `ended` and `failed` are the last. */
export type NestedAnswer =
  | { readonly kind: 'room'; readonly batch: number; readonly bytes: number }
  | { readonly kind: 'results'; readonly batch: number; readonly results: ResultsMessage }
  | { readonly kind: 'ended'; readonly batch: number; readonly summary: BatchSummary }
  | { readonly kind: 'failed'; readonly batch: number; readonly error: WireError }

/** Notes that JSON carries: what does structured clone takes either side 0.5 ms to load, and many need no other. */
const PLAIN: ReadonlySet<(PoolNote | WorkerNote)['kind']> = new Set(['ready', 'began', 'memory', 'more', 'abort', 'stop'])

/** How JSON begins, and structured clone does not. */
const BRACE = 0x7b

/** No message begins with this byte: messages are maps, and this is CBOR's `undefined`. */
const MARK = 0xf7

/** Whether a frame is a note, and no message. */
export function isNote(frame: Uint8Array): boolean {
  return frame[0] === MARK
}

/**
 * What pool and worker of one program tell each other beside the messages of the protocol, in order with them: any structured-cloneable value. Notes
 * are frames of the link; only where buffers are to be shared or moved do they go through a port, with a frame that holds their place. So
 * it works over every link, and costs nothing where nobody uses it.
 */
export class NoteChannel<Out extends PoolNote | WorkerNote, In extends PoolNote | WorkerNote> {
  readonly #link: WorkerLink
  readonly #port: MessagePort | undefined

  /** @param port between two threads of one process: nobody else may read from it. */
  constructor(link: WorkerLink, port: MessagePort | undefined) {
    this.#link = link
    this.#port = port
  }

  /** Whether buffers can be shared and moved. */
  get attaches(): boolean {
    return this.#port !== undefined
  }

  /** @throws DataCloneError for what structured clone does not carry. */
  send(note: Out): void {
    const bytes = PLAIN.has(note.kind) ? Buffer.from(JSON.stringify(note)) : process.getBuiltinModule('node:v8').serialize(note)
    const frame = new Uint8Array(bytes.length + 1)
    frame[0] = MARK
    frame.set(bytes, 1)
    this.#link.send(frame)
  }

  /** Sends a note with buffers in it: shared ones are shared, those of `moved` are moved. */
  sendAttached(note: Out, moved: readonly ArrayBuffer[]): void {
    if (this.#port === undefined) throw new ForkpoolError('NOT_SERIALISABLE', 'buffers of this process cannot be sent to another one')
    this.#port.postMessage(note, [...moved])
    this.#link.send(Uint8Array.of(MARK))
  }

  /** The note in a frame. @throws ForkpoolError BAD_MESSAGE where there is none. */
  read(frame: Uint8Array): In {
    try {
      if (frame[1] === BRACE) return JSON.parse(new TextDecoder().decode(frame.subarray(1))) as In
      if (frame.length > 1) return process.getBuiltinModule('node:v8').deserialize(frame.subarray(1)) as In
    } catch (error) {
      throw new ForkpoolError('BAD_MESSAGE', 'note: expected a value by structured clone, got other bytes', { cause: error })
    }
    // Posted before the frame was sent, so it is there.
    const { receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads')
    const received = this.#port === undefined ? undefined : receiveMessageOnPort(this.#port)
    if (received === undefined) throw new ForkpoolError('BAD_MESSAGE', 'note: expected one at the port')
    return received.message as In
  }
}
