import type { Clock, Instant } from '../base/index.ts'
import { after, RingBuffer } from '../base/index.ts'
import { isNote } from '../link/note-channel.ts'
import type { NestedAnswer, NoteChannel, PoolNote, Prelude, WorkerNote } from '../link/note-channel.ts'
import type { WorkerLink } from '../link/worker-link.ts'
import { decodeCoordinatorMessage, encodeItems, encodeWorkerMessage, movedOf } from '../protocol/index.ts'
import type { CoordinatorMessage, ItemBlock, RanMessage, RunMessage } from '../protocol/index.ts'
import { giveNumbersBack, Places, readStores, runShard, runShardAtOnce, runStream, ShardContext, StreamRoom } from '../task/index.ts'
import type { ShardHost, StreamHost, TaskServices } from '../task/index.ts'
import { ShardNotes } from './shard-notes.ts'

/**
 * Shards that are held run one after the other without a turn of the event loop between them for so long at most: reports wait for the
 * turn's end to be sent together, unless more is to run before it, and an `abort` to be read.
 */
const TURN_AFTER_MS = 1

/** What a worker of a pool of this program has beside messages. */
export interface WorkerNotes {
  readonly channel: NoteChannel<WorkerNote, PoolNote>
  /** The calls that tasks of this shard may make of their pool. */
  readonly poolOf: (context: ShardContext, shard: number) => ReturnType<TaskServices['pool']>
  /** What such a call brings. */
  readonly onAnswer: (answer: NestedAnswer) => void
}

export interface WorkerSessionParts {
  readonly link: WorkerLink
  readonly workerId: string
  readonly host: ShardHost & { readonly clock: Clock }
  /** Tasks that run at once where they return promises. Default 1. */
  readonly concurrency?: number | undefined
  /** Where several run at once: a task that was asked to end and does not for so long is left behind; milliseconds. Default 1,000. */
  readonly abandonAfterMs?: number | undefined
  readonly notes?: WorkerNotes | undefined
  /** Called once, after a `stop`, when the last report is on its way. */
  readonly onStopped: () => void
  /** Called with what is wrong with a frame that is no message; the session is over then. */
  readonly onGarbage: (error: unknown) => void
}

interface RunningShard {
  readonly message: RunMessage
  readonly context: ShardContext
  /** Of a stream. */
  readonly room: StreamRoom | undefined
}

/**
 * What a worker does with the messages of its pool or coordinator: runs shards in order of arrival, and reports on each once. One after the other,
 * except that it begins the next where a shard waits for calls of its own or for its reader; with `concurrency`, as many at once as tasks of
 * theirs have places.
 */
export class WorkerSession {
  readonly #parts: WorkerSessionParts
  readonly #held = new RingBuffer<RunMessage>()
  readonly #running = new Map<number, RunningShard>()
  readonly #preludes = new Map<number, Prelude>()
  readonly #shardNotes: ShardNotes | undefined
  /** Where several tasks run at once. */
  readonly #places: Places | undefined
  /** Else: shards that run and do not wait. */
  #busy = 0
  #state: 'open' | 'stopping' | 'over' = 'open'

  constructor(parts: WorkerSessionParts) {
    this.#parts = parts
    const { concurrency = 1, host, notes } = parts
    if (concurrency > 1) this.#places = new Places(concurrency)
    if (notes !== undefined) this.#shardNotes = new ShardNotes(host.clock, (note) => notes.channel.send(note))
  }

  /** ` while it ran …`, for the last words of a worker that dies over it. */
  describeRun(): string {
    const [first, ...others] = this.#running.values()
    if (first === undefined) return ' while it ran nothing'
    const also = others.length === 0 ? '' : `, and ${others.length} more`
    return ` while it ran ${first.message.task}, item ${first.context.index} of its batch${also}`
  }

  /** Takes a frame of the link. */
  readonly receive = (frame: Uint8Array): void => {
    if (this.#state === 'over') return
    const { notes } = this.#parts
    let message: CoordinatorMessage | PoolNote
    try {
      message = notes !== undefined && isNote(frame) ? notes.channel.read(frame) : decodeCoordinatorMessage(frame)
    } catch (thrown) {
      this.#state = 'over'
      this.#parts.onGarbage(thrown)
      return
    }
    this.#take(message)
  }

  #take(message: CoordinatorMessage | PoolNote): void {
    switch (message.kind) {
      case 'run':
        return this.#takeShard(message)
      case 'abort':
        return this.#abort(message.shard)
      case 'stop':
        this.#state = 'stopping'
        return this.#finishIfDone()
      case 'prelude':
        this.#preludes.set(message.shard, message)
        return
      case 'more':
        this.#running.get(message.shard)?.room?.more(message.count)
        return
      case 'answer':
        return this.#parts.notes?.onAnswer(message.answer)
    }
  }

  #takeShard(message: RunMessage): void {
    if (this.#places !== undefined) {
      void this.#runAtOnce(message, this.#places)
      return
    }
    this.#held.push(this.#busy === 0 ? message : ownBytes(message))
    if (this.#busy === 0) void this.#runHeld()
  }

  async #runHeld(): Promise<void> {
    const { host } = this.#parts
    this.#busy++
    let turnAt: Instant = after(host.clock.now(), TURN_AFTER_MS)
    for (let message = this.#held.shift(); message !== undefined; message = this.#busy > 1 ? undefined : this.#held.shift()) {
      const prelude = this.#takePrelude(message.shard)
      const running = this.#open(message, prelude, (waits) => this.#waits(waits))
      const report = this.#run(running, host)
      this.#report(running, 'kind' in report ? report : await report)
      if (this.#held.length > 0 && host.clock.now() >= turnAt) {
        await host.nextTurn()
        turnAt = after(host.clock.now(), TURN_AFTER_MS)
      }
    }
    this.#busy--
    this.#finishIfDone()
  }

  #run({ context, message, room }: RunningShard, host: ShardHost): RanMessage | Promise<RanMessage> {
    return room === undefined ? runShard(message, context, host) : runStream(message, context, room, this.#streamHost(message, undefined))
  }

  #streamHost({ shard }: RunMessage, abandonAfterMs: number | undefined): StreamHost {
    const { host, notes } = this.#parts
    const produce = (items: ItemBlock): void => {
      if (items.attachments === undefined) notes?.channel.send({ kind: 'produced', shard, items })
      else notes?.channel.sendAttached({ kind: 'produced', shard, items }, movedOf(items.attachments))
    }
    return { ...host, produce, abandonAfterMs }
  }

  /** A shard waits, and the next begins; or it goes on, beside what has begun meanwhile. */
  #waits(waits: boolean): void {
    this.#busy += waits ? -1 : 1
    if (this.#busy === 0 && this.#held.length > 0) void this.#runHeld()
  }

  async #runAtOnce(message: RunMessage, places: Places): Promise<void> {
    const { host, link, abandonAfterMs = 1_000, notes } = this.#parts
    const { shard } = message
    const prelude = this.#takePrelude(shard)
    const running = this.#open(message, prelude, (waits) => {
      if (waits) places.give()
      else places.retake()
    })
    if (running.room !== undefined) {
      // An abort before its turn is seen in its turn: the wait is for others that end.
      await new Promise<void>((begin) => places.take(begin))
      this.#report(running, await runStream(message, running.context, running.room, this.#streamHost(message, abandonAfterMs)))
      places.give()
    } else {
      const onBegin = (): void => {
        if (prelude?.tellsBegin !== true) return
        notes?.channel.send({ kind: 'began', shard })
        link.flush()
      }
      this.#report(running, await runShardAtOnce(running.message, running.context, { ...host, places, abandonAfterMs, onBegin }))
    }
    this.#finishIfDone()
  }

  #takePrelude(shard: number): Prelude | undefined {
    if (this.#preludes.size === 0) return undefined
    const prelude = this.#preludes.get(shard)
    this.#preludes.delete(shard)
    return prelude
  }

  #open(message: RunMessage, prelude: Prelude | undefined, waits: (waits: boolean) => void): RunningShard {
    const { shard, attempt } = message
    const context = new ShardContext(this.#parts.workerId, attempt, this.#services(shard, prelude, waits))
    const room = prelude?.room === undefined ? undefined : new StreamRoom(prelude.room)
    const running = { message: attached(message, prelude), context, room }
    this.#running.set(shard, running)
    // What begins now may be long, or never end: reports on others do not wait for it.
    this.#parts.link.flush()
    return running
  }

  #services(shard: number, prelude: Prelude | undefined, waits: (waits: boolean) => void): TaskServices | undefined {
    const { notes } = this.#parts
    const said = this.#shardNotes
    if (notes === undefined || said === undefined) return undefined
    return new ShardServices(shard, notes, said, prelude?.stores, waits)
  }

  #report({ context }: RunningShard, report: RanMessage): void {
    const { shard, values } = report
    context.close()
    this.#running.delete(shard)
    this.#shardNotes?.ended(shard)
    if (values.attachments !== undefined) {
      const { attachments } = values
      this.#parts.notes?.channel.sendAttached({ kind: 'attachments', shard, attachments }, movedOf(attachments))
    }
    this.#parts.link.send(encodeWorkerMessage(report))
    // They are in the frame now.
    giveNumbersBack(values.bytes.buffer)
  }

  #abort(shard: number): void {
    const running = this.#running.get(shard)
    if (running !== undefined) {
      running.context.abort()
      return
    }
    // One that waits is answered at once: the answer must not wait for another shard to end. One that is unknown was answered.
    const held = [...this.#held]
    if (!held.some((message) => message.shard === shard)) return
    this.#held.clear()
    for (const message of held) if (message.shard !== shard) this.#held.push(message)
    this.#preludes.delete(shard)
    const nothing = { kind: 'ran', shard, count: 0, values: encodeItems([]), runMs: 0, decodeMs: 0, encodeMs: 0 } as const
    this.#parts.link.send(encodeWorkerMessage(nothing))
  }

  #finishIfDone(): void {
    if (this.#state !== 'stopping' || this.#running.size > 0 || this.#held.length > 0) return
    this.#state = 'over'
    this.#parts.onStopped()
  }
}

/** What the tasks of one shard may say and ask. A class, for a shard may be one short task: closures would cost it as much as its own run. */
class ShardServices implements TaskServices {
  readonly stores: ReadonlyMap<string, unknown> | undefined
  readonly waits: (waits: boolean) => void
  readonly #shard: number
  readonly #notes: WorkerNotes
  readonly #said: ShardNotes

  constructor(shard: number, notes: WorkerNotes, said: ShardNotes, stores: Uint8Array | undefined, waits: (waits: boolean) => void) {
    this.#shard = shard
    this.#notes = notes
    this.#said = said
    this.stores = stores === undefined ? undefined : readStores(stores)
    this.waits = waits
  }

  log(index: number, values: readonly unknown[]): void {
    this.#said.log(this.#shard, index, values)
  }

  progress(index: number, fraction: number, note: string | undefined): void {
    this.#said.progress(this.#shard, index, fraction, note)
  }

  pool(context: ShardContext): ReturnType<TaskServices['pool']> {
    return this.#notes.poolOf(context, this.#shard)
  }
}

/** The message with the buffers that stand beside its items. */
function attached(message: RunMessage, prelude: Prelude | undefined): RunMessage {
  if (prelude?.attachments === undefined) return message
  return { ...message, items: { ...message.items, attachments: prelude.attachments } }
}

/** A message that waits must not share its bytes with the frame, which is the link's again when the handler returns. */
function ownBytes(message: RunMessage): RunMessage {
  const { bytes, offsets } = message.items
  return { ...message, items: { ...message.items, bytes: bytes.slice(), offsets: offsets?.slice() } }
}
