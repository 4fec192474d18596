import type { Clock, Instant } from '../base/index.ts'
import { after, RingBuffer } from '../base/index.ts'
import type { WorkerLink } from '../link/worker-link.ts'
import { decodeCoordinatorMessage, encodeItems, encodeWorkerMessage } from '../protocol/index.ts'
import type { CoordinatorMessage, RunMessage } from '../protocol/index.ts'
import { runShard, ShardContext } from '../task/index.ts'
import type { ShardHost } from '../task/index.ts'

/**
 * Shards that are held run one after the other without a turn of the event loop between them for so long at most: reports wait for the
 * turn's end to be sent together, and an `abort` to be read.
 */
const TURN_AFTER_MS = 1

export interface WorkerSessionParts {
  readonly link: WorkerLink
  readonly workerId: string
  readonly host: ShardHost & { readonly clock: Clock }
  /** Called once, after a `stop`, when the last report is on its way. */
  readonly onStopped: () => void
  /** Called with what is wrong with a frame that is no message; the session is over then. */
  readonly onGarbage: (error: unknown) => void
}

/** What a worker does with the messages of its pool or coordinator: runs shards one after the other, in order of arrival, and reports on each once. */
export class WorkerSession {
  readonly #parts: WorkerSessionParts
  readonly #held = new RingBuffer<RunMessage>()
  /** The shard that runs, if any. */
  #running: { readonly message: RunMessage; readonly context: ShardContext } | undefined
  #state: 'open' | 'stopping' | 'over' = 'open'

  constructor(parts: WorkerSessionParts) {
    this.#parts = parts
  }

  /** ` while it ran …`, for the last words of a worker that dies over it. */
  describeRun(): string {
    if (this.#running === undefined) return ' while it ran nothing'
    const { message, context } = this.#running
    return ` while it ran ${message.task}, item ${context.index} of its batch`
  }

  /** Takes a frame of the link. */
  readonly receive = (frame: Uint8Array): void => {
    if (this.#state === 'over') return
    let message: CoordinatorMessage
    try {
      message = decodeCoordinatorMessage(frame)
    } catch (thrown) {
      this.#state = 'over'
      this.#parts.onGarbage(thrown)
      return
    }
    switch (message.kind) {
      case 'run':
        this.#held.push(this.#running === undefined ? message : ownBytes(message))
        if (this.#running === undefined) void this.#runHeld()
        return
      case 'abort':
        return this.#abort(message.shard)
      case 'stop':
        this.#state = 'stopping'
        if (this.#running === undefined) this.#finish()
    }
  }

  async #runHeld(): Promise<void> {
    const { link, workerId, host } = this.#parts
    let turnAt: Instant = after(host.clock.now(), TURN_AFTER_MS)
    for (let message = this.#held.shift(); message !== undefined; message = this.#held.shift()) {
      const context = new ShardContext(workerId, message.attempt)
      this.#running = { message, context }
      link.send(encodeWorkerMessage(await runShard(message, context, host)))
      if (this.#held.length > 0 && host.clock.now() >= turnAt) {
        await host.nextTurn()
        turnAt = after(host.clock.now(), TURN_AFTER_MS)
      }
    }
    this.#running = undefined
    if (this.#state === 'stopping') this.#finish()
  }

  #abort(shard: number): void {
    if (this.#running?.message.shard === shard) {
      this.#running.context.abort()
      return
    }
    // One that waits is answered at once: the answer must not wait for another shard to end. One that is unknown was answered.
    const held = [...this.#held]
    if (!held.some((message) => message.shard === shard)) return
    this.#held.clear()
    for (const message of held) if (message.shard !== shard) this.#held.push(message)
    const nothing = { kind: 'ran', shard, count: 0, values: encodeItems([]), runMs: 0, decodeMs: 0, encodeMs: 0 } as const
    this.#parts.link.send(encodeWorkerMessage(nothing))
  }

  #finish(): void {
    this.#state = 'over'
    this.#parts.onStopped()
  }
}

/** A message that waits must not share its bytes with the frame, which is the link's again when the handler returns. */
function ownBytes(message: RunMessage): RunMessage {
  const { bytes, offsets } = message.items
  return { ...message, items: { ...message.items, bytes: bytes.slice(), offsets: offsets?.slice() } }
}
