import type { Clock } from '../base/index.ts'
import { ForkpoolError } from '../base/index.ts'
import { Future } from '../future/index.ts'
import type { AcceptedMessage, BatchSummary, ItemBlock, ResultsMessage } from '../protocol/index.ts'
import { Attachments, blockBytes, checkMovable, decodeItems, encodeItems, takeOver } from '../protocol/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission } from './batch-carrier.ts'
import type { BatchOptions, LocalCallOptions } from './batch-options.ts'
import { fallbackAnswer } from './fallback.ts'
import type { TaskTold } from './task-told.ts'
import { tell } from './tell.ts'
import { toTaskError } from './wire-errors.ts'

/**
 * One task, submitted: one message out and one back, nothing awaited between them. The future stays `pending` until it ends, for whether
 * the task runs yet is not told to the client; `cancel` stops it in either case.
 */
export class SingleCall implements BatchOwner {
  readonly future: Future<unknown>
  readonly #carrier: BatchCarrier
  readonly #options: BatchOptions & LocalCallOptions
  readonly #task: string
  #batch: number | undefined
  #endTold = false

  constructor(carrier: BatchCarrier, clock: Clock, task: string, options: BatchOptions & LocalCallOptions) {
    this.#carrier = carrier
    this.#options = options
    this.#task = task
    this.future = new Future({ clock, onCancel: () => this.#cancelled() })
  }

  /** Never throws: what is wrong, the future says. */
  start(request: BatchSubmission, args: readonly unknown[]): void {
    const { signal } = this.#options
    if (signal?.aborted === true) {
      this.future.setException(signal.reason)
      return
    }
    try {
      // A single argument travels as the item itself, so that a number costs eight bytes.
      const spread = args.length !== 1
      const items = this.#encode(spread ? [args] : args)
      const { inputWindowBytes } = this.#carrier.limits
      if (blockBytes(items) > inputWindowBytes) {
        throw new ForkpoolError('LIMIT_EXCEEDED', `the arguments take ${blockBytes(items)} bytes, and ${inputWindowBytes} are accepted`)
      }
      signal?.addEventListener('abort', this.#abort)
      // An acceptance that nobody asked for costs a message each way of the socket.
      const terse = this.#options.onAccepted === undefined
      this.#batch = this.#carrier.submit(this, {
        ...request,
        ...(spread && { spread }),
        total: 1,
        ...(terse && { terse }),
        ...(items.attachments !== undefined && this.#options.transfer !== undefined && { moves: true }),
        items,
        end: true,
      })
    } catch (error) {
      if (error instanceof ForkpoolError) this.#fail(error)
      else this.future.setException(error)
    }
  }

  /** @throws ForkpoolError BAD_ARGUMENT for buffers that cannot be moved. */
  #encode(items: readonly unknown[]): ItemBlock {
    const { transfer, retries = 0 } = this.#options
    const attachments = this.#carrier.attaches === true ? new Attachments() : undefined
    if (transfer === undefined) return encodeItems(items, 0, 1, attachments)
    checkMovable(transfer, 'transfer')
    if (retries > 0) throw new ForkpoolError('BAD_ARGUMENT', 'transfer: a call that moves buffers cannot run again: it takes no retries')
    attachments?.allow(transfer)
    const block = encodeItems(items, 0, 1, attachments)
    try {
      if (attachments !== undefined) attachments.detach()
      else for (const buffer of transfer) takeOver(buffer)
    } catch (error) {
      throw new ForkpoolError('BAD_ARGUMENT', `transfer: ${(error as Error).message}`, { cause: error })
    }
    return block
  }

  accepted(message: AcceptedMessage): void {
    tell('onAccepted', this.#options.onAccepted, () => ({ id: message.id, pool: message.pool, poolSize: message.poolSize }))
  }

  room(): void {
    // All of it is sent already.
  }

  results(message: ResultsMessage): void {
    this.#release()
    const { done } = message
    if (done !== undefined) this.#tellEnd(done)
    const failure = message.failures?.[0]
    if (failure === undefined) this.future.setResult(decodeItems(message.values)[0])
    else this.#fail(toTaskError(failure, this.#task, 0))
  }

  told(told: TaskTold): boolean {
    const { onLog, onTaskProgress } = this.#options
    if (told.kind === 'progress') this.future.setProgress(told.fraction)
    if (told.kind === 'log') tell('onLog', onLog, () => told)
    else tell('onTaskProgress', onTaskProgress, () => told)
    return (told.kind === 'log' ? onLog : onTaskProgress) !== undefined
  }

  ended(summary: BatchSummary): void {
    this.#tellEnd(summary)
    // Without a result: cancelled by somebody else.
    if (!this.future.done()) this.future.cancel()
  }

  failed(error: ForkpoolError): void {
    this.#release()
    if (!this.future.done()) this.future.setException(error)
  }

  /** The task has failed for good: what `fallback` answers is its result. */
  #fail(error: ForkpoolError): void {
    const { fallback } = this.#options
    if (fallback === undefined) {
      this.future.setException(error)
      return
    }
    try {
      this.future.setResult(fallbackAnswer(fallback, error, 0))
    } catch (thrown) {
      this.future.setException(thrown)
    }
  }

  /** Once, and before the future settles where the coordinator's account comes along with the result. */
  #tellEnd(summary: BatchSummary): void {
    if (!this.#endTold) tell('onEnd', this.#options.onEnd, () => summary)
    this.#endTold = true
  }

  #cancelled(): void {
    this.#release()
    if (this.#batch !== undefined) this.#carrier.cancel(this.#batch)
    this.future.setRunningOrNotifyCancel()
  }

  readonly #abort = (): void => {
    this.#release()
    if (this.#batch !== undefined) this.#carrier.cancel(this.#batch)
    if (!this.future.done()) this.future.setException(this.#options.signal?.reason)
  }

  #release(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort)
  }
}
