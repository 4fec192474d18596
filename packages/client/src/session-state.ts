import type { ForkpoolError, IntervalSet } from '@forkpool/pool-core/base'
import { RingBuffer } from '@forkpool/pool-core/base'
import type { ItemBlock, SubmitMessage, WelcomeMessage } from '@forkpool/pool-core/protocol'

/** One batch, from `submit` until `ended` or `failed`. */
export interface BatchState {
  readonly batch: number
  /**
   * `waiting`: not sent yet, for want of a connection or since `batchesOpenMax` are open; `open`: the coordinator has it;
   * `cancelling`: as open, but nobody wants its results; `lost`: it was open on a connection that is gone; `attaching`: asked for again on
   * another one.
   */
  phase: 'waiting' | 'open' | 'cancelling' | 'lost' | 'attaching'
  /** What was asked for, without items once it is sent; undefined: it was submitted elsewhere, and is asked for by its `id`. */
  submit: SubmitMessage | undefined
  /** The session that submitted it; undefined while `waiting`. The coordinator knows the batch by it and the number. */
  session: string | undefined
  /** The coordinator's identifier, where it was given, or where the batch has a key of its own and the coordinator has answered. */
  id: string | undefined
  inputEnded: boolean
  itemsSent: number
  /** Item bytes that may be sent before the next `credit`. */
  roomBytes: number
  /** Blocks that were sent, and of which the coordinator has not said that it has them, in order: they may have to be sent again. */
  unstored: ItemBlock[]
  /** Items before the first of `unstored`. */
  itemsStored: number
  /** Credit that is not yet a whole block; negative for bytes of blocks that were known to be stored before their credit came. */
  creditBytes: number
  resultsReceived: number
  /** Which results came; made with the first that are not the last. */
  received: IntervalSet | undefined
  /** Result bytes that came and were not read yet. */
  unreadBytes: number
  /** Of those the ones that came by an earlier connection: this one knows nothing of them. */
  unreadBefore: number
  /** Result bytes that were read, and for which no `credit` was sent yet. */
  consumedBytes: number
  /** Its key or id was known: the coordinator has the input already, or a part of it, whatever we send. */
  known: boolean
  /** Results may come a second time: it was asked for again. */
  attached: boolean
  /** Nobody wants its results any more, and the coordinator is still to be told. */
  cancelled: boolean
}

/**
 * `connecting`: a socket is being opened, or soon will be; `greeting`: it is open and `hello` is sent; `open`; `draining`: as open, but the
 * coordinator takes no new batch; `down`: no socket, and none is tried for until a batch is submitted; `closed`: for good.
 */
export type SessionPhase = 'connecting' | 'greeting' | 'open' | 'draining' | 'down' | 'closed'

/** Written by `stepSession` only. */
export interface SessionState {
  phase: SessionPhase
  /** Sent with `hello`, where the socket itself cannot carry it. */
  readonly token: string | undefined
  readonly client: string
  /** By this the coordinator tells our connections from those of others. */
  readonly instance: string | undefined
  /** Connections that were opened. */
  connections: number
  /** Whether batches are taken up again after a lost connection; else they fail with it. */
  readonly resumes: boolean
  welcome: WelcomeMessage | undefined
  nextBatch: number
  /** All batches that are not over, by number: numbers ascend in the order of insertion. */
  readonly batches: Map<number, BatchState>
  /** Invariant: the batches that wait, in order of submission; one that was cancelled meanwhile is passed over. */
  readonly waiting: RingBuffer<BatchState>
  /** Batches that are `lost`, in order of submission; one that is over is passed over. */
  readonly lost: RingBuffer<BatchState>
  /** Batches that are `open`, `cancelling` or `attaching`. */
  openCount: number
  /** Why the session is over, or why the socket will close: a `lost` that follows reports it. */
  fatal: ForkpoolError | undefined
}

export interface SessionOptions {
  readonly token?: string | undefined
  readonly instance?: string | undefined
  /** Default true. */
  readonly resumes?: boolean | undefined
}

export function createSession(client: string, { token, instance, resumes = true }: SessionOptions = {}): SessionState {
  return {
    phase: 'connecting',
    token,
    client,
    instance,
    connections: 0,
    resumes,
    welcome: undefined,
    nextBatch: 1,
    batches: new Map(),
    waiting: new RingBuffer(),
    lost: new RingBuffer(),
    openCount: 0,
    fatal: undefined,
  }
}

export function createBatch(submit: SubmitMessage): BatchState {
  return newBatch(submit.batch, submit, submit.end === true)
}

/** A batch that was submitted elsewhere. Of its input there is no more here: what the coordinator has is all. */
export function createForeignBatch(batch: number, id: string): BatchState {
  return { ...newBatch(batch, undefined, true), id, known: true }
}

function newBatch(batch: number, submit: SubmitMessage | undefined, inputEnded: boolean): BatchState {
  return {
    batch,
    phase: 'waiting',
    submit,
    session: undefined,
    id: undefined,
    inputEnded,
    itemsSent: 0,
    roomBytes: 0,
    unstored: [],
    itemsStored: 0,
    creditBytes: 0,
    resultsReceived: 0,
    received: undefined,
    unreadBytes: 0,
    unreadBefore: 0,
    consumedBytes: 0,
    known: false,
    attached: false,
    cancelled: false,
  }
}

/** A number for a new batch: never used twice, also not after a reconnection. */
export function takeBatchNumber(state: SessionState): number {
  return state.nextBatch++
}
