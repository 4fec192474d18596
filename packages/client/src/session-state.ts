import type { ForkpoolError } from '@forkpool/pool-core/base'
import { RingBuffer } from '@forkpool/pool-core/base'
import type { SubmitMessage, WelcomeMessage } from '@forkpool/pool-core/protocol'

/** One batch, from `submit` until `ended` or `failed`. */
export interface BatchState {
  readonly batch: number
  /**
   * `waiting`: not sent yet, for want of a connection or since `batchesOpenMax` are open; `open`: the coordinator has it;
   * `cancelling`: as open, but nobody wants its results.
   */
  phase: 'waiting' | 'open' | 'cancelling'
  /** Held while `waiting`. */
  submit: SubmitMessage | undefined
  inputEnded: boolean
  itemsSent: number
  /** Item bytes that may be sent before the next `credit`. */
  roomBytes: number
  resultsReceived: number
  /** Result bytes that came and were not read yet. */
  unreadBytes: number
  /** Result bytes that were read, and for which no `credit` was sent yet. */
  consumedBytes: number
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
  welcome: WelcomeMessage | undefined
  nextBatch: number
  /** Waiting and open batches. A later `attach` finds here what each has sent and received. */
  readonly batches: Map<number, BatchState>
  /** Invariant: the batches that wait, in order of submission; one that was cancelled meanwhile is passed over. */
  readonly waiting: RingBuffer<BatchState>
  /** Batches that are `open` or `cancelling`. */
  openCount: number
  /** Why the session is over, or why the socket will close: a `lost` that follows reports it. */
  fatal: ForkpoolError | undefined
}

export function createSession(client: string, token?: string): SessionState {
  return {
    phase: 'connecting',
    token,
    client,
    welcome: undefined,
    nextBatch: 1,
    batches: new Map(),
    waiting: new RingBuffer(),
    openCount: 0,
    fatal: undefined,
  }
}

/** A number for a new batch: never used twice, also not after a reconnection. */
export function takeBatchNumber(state: SessionState): number {
  return state.nextBatch++
}
