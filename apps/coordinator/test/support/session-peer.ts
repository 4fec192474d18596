import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchSummary, ItemBlock, ServerMessage, SubmitMessage } from '@forkpool/pool-core/protocol'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId, SessionId } from '@forkpool/pool-core/scheduler'
import { FakeClock } from '@forkpool/pool-core/testing'
import type { AttachQuery, BatchHandle, BatchRequest, BatchSink } from '../../src/batch-request.ts'
import { LimitError } from '../../src/config/limits.ts'
import { ClientSession } from '../../src/gateway/client-session.ts'
import { HeldInput } from '../../src/gateway/held-input.ts'

export interface Submitted {
  readonly request: BatchRequest
  readonly sink: BatchSink
  readonly calls: string[]
}

export const LIMITS = { frameBytes: 1024, inputWindowBytes: 100, resultWindowBytes: 100, poolSizeMax: 8, batchesOpenMax: 2 }
export const SUMMARY: BatchSummary = { outcome: 'completed', completed: 1, failed: 0, cancelled: 0, wallMs: 1, runMs: 1, workers: 1 }

export class Peer {
  readonly clock = new FakeClock()
  readonly sent: ServerMessage[] = []
  readonly closes: (readonly [number, string])[] = []
  readonly batches: Submitted[] = []
  readonly attached: { readonly query: AttachQuery; readonly sink: BatchSink; readonly calls: string[] }[] = []
  refuseWith: ForkpoolError | undefined
  openBatches = 0
  readonly held = new HeldInput({ batchItemsMax: 30, itemBytesMax: 20, heldBytesMax: 100 }, () => 0)
  readonly refusals: string[] = []
  /** The highest connection of the client. */
  latest = 0
  supersede = (): void => {}
  left = 0
  /** Kinds of messages that no frame can carry. */
  unsendable = ''
  readonly session: ClientSession

  constructor(token?: string) {
    this.session = new ClientSession(
      {
        clock: this.clock,
        send: (message) => {
          if (message.kind === this.unsendable) throw new ForkpoolError('LIMIT_EXCEEDED', 'the frame would be too large')
          this.sent.push(message)
        },
        close: (code, reason) => this.closes.push([code, reason]),
        submit: (request, _items, _ended, sink) => this.#submit(request, sink),
        attach: (query, sink) => this.#attach(query, sink),
        principal: () => ({ name: 'me', role: 'submit' }),
        isToken: (given) => given === token,
        openBatches: () => this.openBatches,
        held: this.held,
        enter: (reader, superseded) => {
          this.supersede = superseded
          return reader.connection < this.latest ? undefined : () => this.left++
        },
        refused: (error) => this.refusals.push(error instanceof LimitError ? error.limit : (error as ForkpoolError).code),
      },
      {
        id: 's1' as SessionId,
        reply: 'auto',
        authorised: token === undefined,
        handshakeTimeoutMs: 1000,
        batchesOpenTotalMax: 5,
        nameLengthMax: 10,
        welcome: { server: 'forkpool/test', cores: 2, limits: LIMITS },
      },
    )
  }

  hello(): this {
    this.session.receive({ kind: 'hello', versions: [1] })
    this.sent.length = 0
    return this
  }

  submit(batch: number, more: Partial<SubmitMessage> = {}): Submitted {
    this.session.receive({ kind: 'submit', batch, task: 'square', ...more })
    return this.batches.at(-1) as Submitted
  }

  #submit(request: BatchRequest, sink: BatchSink): BatchHandle {
    if (this.refuseWith !== undefined) throw this.refuseWith
    const calls: string[] = []
    this.batches.push({ request, sink, calls })
    return this.#handle(calls)
  }

  #attach(query: AttachQuery, sink: BatchSink): BatchHandle {
    const calls: string[] = []
    this.attached.push({ query, sink, calls })
    return this.#handle(calls)
  }

  #handle(calls: string[]): BatchHandle {
    return {
      id: 'b' as BatchId,
      add: (block, last) => calls.push(`add ${block.count}${last ? ' last' : ''}`),
      end: () => calls.push('end'),
      cancel: () => calls.push('cancel'),
      pause: (paused) => calls.push(paused ? 'pause' : 'go on'),
      leave: () => calls.push('leave'),
      abandon: () => calls.push('abandon'),
    }
  }
}

export function results(from: number, count: number): { from: number; count: number; values: ItemBlock; failures: [] } {
  return { from, count, values: encodeItems(Array.from({ length: count }, (_, i) => i + 0.5)), failures: [] }
}

export function kinds(peer: Peer): readonly string[] {
  return peer.sent.map((message) => message.kind)
}
