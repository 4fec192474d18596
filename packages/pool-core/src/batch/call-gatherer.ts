import type { Clock } from '../base/index.ts'
import type { Future } from '../future/index.ts'
import type { BatchCarrier, BatchSubmission } from './batch-carrier.ts'
import { GatheredCalls } from './gathered-calls.ts'

/**
 * Sends single calls together that are made in one go, before the program lets anything else run: as items of one batch they cost a
 * fraction of what a batch each would. The first one of a go leaves at once, so that a lone call is never delayed.
 */
export class CallGatherer {
  readonly #carrier: BatchCarrier
  readonly #clock: Clock
  #isGoing = false
  #waiting: GatheredCalls | undefined

  constructor(carrier: BatchCarrier, clock: Clock) {
    this.#carrier = carrier
    this.#clock = clock
  }

  /** The future of a call that joins others; undefined where it is the first of its go and must be sent by itself. */
  join(submission: BatchSubmission, args: readonly unknown[]): Future<unknown> | undefined {
    if (!this.#isGoing) {
      this.#isGoing = true
      queueMicrotask(() => {
        this.#isGoing = false
        this.send()
      })
      return undefined
    }
    // As in a single call: one argument travels as the item itself.
    const spread = args.length !== 1
    if (this.#waiting?.takes(submission.task, spread) !== true) {
      this.send()
      this.#waiting = new GatheredCalls(this.#carrier, this.#clock, { ...submission, ...(spread && { spread }) })
    }
    return this.#waiting?.add(args)
  }

  /** Sends those that wait for the end of the go. */
  send(): void {
    this.#waiting?.send()
    this.#waiting = undefined
  }
}
