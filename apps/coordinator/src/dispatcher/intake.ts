import type { Clock } from '@forkpool/pool-core/base'
import { blockBytes } from '@forkpool/pool-core/protocol'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { SchedulerEvent } from '@forkpool/pool-core/scheduler'
import type { BatchRecord, Engine } from '../engine/engine.ts'
import type { BatchRun } from './batch-run.ts'
import { openedEvent } from './opened-event.ts'
import type { Replays } from './replays.ts'

/** What the intake is built on. */
export interface IntakeParts {
  readonly engine: Pick<Engine, 'open' | 'append' | 'end' | 'ledger'>
  readonly clock: Clock
  readonly replays: Pick<Replays, 'added' | 'has'>
}

/** Who hears of what came in. */
export interface IntakeHost {
  feed(event: SchedulerEvent): void
  isOpen(run: BatchRun): boolean
  /** A batch is recorded, and the scheduler knows it. */
  opened(run: BatchRun): void
  /** So many bytes of items need no room any more. */
  credit(run: BatchRun, bytes: number): void
  /** The engine did not take all of the batch; `isWhole`: nothing of it. */
  refused(run: BatchRun, error: unknown, isWhole: boolean): void
  /** The account of a batch that has settled is complete now. */
  ended(run: BatchRun): void
}

/** What comes of a batch: it is recorded, and then the scheduler hears of it. The other way round for small batches, whose items may run meanwhile. */
export class Intake {
  readonly #parts: IntakeParts
  readonly #host: IntakeHost

  constructor(parts: IntakeParts, host: IntakeHost) {
    this.#parts = parts
    this.#host = host
  }

  /**
   * Records a batch with its first items. One that is written behind runs meanwhile, as its client has all of it; others wait: one with a key may be known
   * already, and must not run twice.
   */
  open(run: BatchRun, record: BatchRecord, items: ItemBlock | undefined, ended: boolean): void {
    arrived(run, items, ended)
    run.recording = this.#parts.engine.open(record, items, ended, run.isBehind).then(
      () => {
        if (!run.scheduled) this.#schedule(run, items, ended)
        this.#host.opened(run)
      },
      (error: unknown) => this.#host.refused(run, error, !run.scheduled),
    )
    if (run.isBehind) this.#schedule(run, items, ended)
  }

  /** The scheduler is to know a batch of an earlier life, whose items follow. */
  reopen(run: BatchRun): void {
    this.#tellOpened(run, undefined, false)
  }

  add(run: BatchRun, items: ItemBlock, ended: boolean): void {
    if (!this.#host.isOpen(run)) return
    arrived(run, items, ended)
    run.appending++
    const appended = this.#parts.engine.append(run.id, items, ended).then(
      () => {
        this.#added(run, items)
        if (ended) this.inputEnded(run)
      },
      (error: unknown) => this.#host.refused(run, error, false),
    )
    run.recording = appended.then(() => this.#appended(run))
  }

  end(run: BatchRun): void {
    if (!this.#host.isOpen(run)) return
    run.arrivedAll = true
    run.recording = this.#parts.engine.end(run.id).then(
      () => this.inputEnded(run),
      (error: unknown) => this.#host.refused(run, error, false),
    )
  }

  /** It is recorded that nothing more comes. */
  inputEnded(run: BatchRun): void {
    run.inputEnded = true
    if (!this.#parts.replays.has(run.id)) this.#host.feed({ kind: 'batch-ended', batch: run.id })
  }

  #schedule(run: BatchRun, items: ItemBlock | undefined, ended: boolean): void {
    run.inputEnded = ended
    this.#tellOpened(run, items, ended)
    if (run.cancelling) this.#host.feed({ kind: 'batch-cancelled', batch: run.id })
  }

  #tellOpened(run: BatchRun, items: ItemBlock | undefined, ended: boolean): void {
    run.scheduled = true
    // An empty block is not a block: the scheduler would wait for items that never settle.
    const first = items === undefined || items.count === 0 ? undefined : items
    if (first !== undefined) run.hold(first, this.#parts.clock.now())
    this.#host.feed(openedEvent(run, first, ended))
  }

  #added(run: BatchRun, items: ItemBlock): void {
    if (items.count === 0 || !this.#host.isOpen(run)) return
    // What is added while earlier items are read back is read in its turn.
    if (this.#parts.replays.added(run.id)) {
      this.#host.credit(run, blockBytes(items))
      return
    }
    run.hold(items, this.#parts.clock.now())
    this.#host.feed({ kind: 'items-added', batch: run.id, count: items.count, bytes: items.bytes.byteLength })
  }

  /** The end of a batch that was cancelled, or failed, waits for the items that are being recorded: they are part of its account. */
  #appended(run: BatchRun): void {
    if (--run.appending > 0 || run.summary === undefined || !this.#host.isOpen(run)) return
    run.countLate(this.#parts.engine.ledger(run.id)?.submitted ?? 0)
    this.#host.ended(run)
  }
}

function arrived(run: BatchRun, items: ItemBlock | undefined, ended: boolean): void {
  if (items !== undefined) {
    run.arrived += items.count
    run.heldBytes += blockBytes(items)
  }
  run.arrivedAll = ended
}
