import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type {
  Assign,
  BatchId,
  BatchSettled,
  PoolName,
  ReleaseBlock,
  SchedulerCommand,
  SettleFailed,
  ShardId,
  WorkerId,
} from '../scheduler/index.ts'
import type { SimBatch, SimItem, SimPlan } from './sim-plan.ts'
import { SimStaff } from './sim-staff.ts'
import type { SimAnswer } from './sim-worker.ts'

const LIVE = 0
const COMPLETED = 1
const FAILED = 2

/** What an item fails with that ran for too long. */
export const TOO_LONG = 'too long'

interface BatchBook {
  readonly plan: SimBatch
  readonly blocks: { readonly from: number; readonly count: number; released: boolean }[]
  /** LIVE, COMPLETED or FAILED, by index. */
  readonly items: number[]
  /** Runs that threw, by index, and the time before which the next must not begin. */
  readonly throws: Map<number, { times: number; notBefore: number }>
  readonly openedAt: number
  paused: boolean
  cancelled: boolean
  settled: BatchSettled | undefined
}

/**
 * The simulation's own books, kept from what goes in and out of the scheduler alone: what it must have done, whatever it believes. Each method
 * throws when a promise is broken.
 */
export class SimLedger {
  readonly #plan: SimPlan
  readonly #batches = new Map<BatchId, BatchBook>()
  readonly #held = new Map<ShardId, { readonly worker: WorkerId; readonly assign: Assign }>()
  readonly #sizes = new Map<PoolName, number>()
  /** Items that were handed out and not answered for. */
  readonly #inHand = new Set<string>()
  readonly #clock: Clock
  readonly #staff: SimStaff

  constructor(plan: SimPlan, clock: Clock) {
    this.#plan = plan
    this.#clock = clock
    this.#staff = new SimStaff(plan.options.failedStartsMax)
  }

  get openBatches(): readonly BatchId[] {
    return [...this.#batches.values()].filter(({ settled }) => settled === undefined).map(({ plan }) => plan.id)
  }

  poolSet(pool: PoolName, size: number): void {
    this.#sizes.set(pool, size)
  }

  opened(plan: SimBatch): void {
    this.#batches.set(plan.id, {
      plan,
      blocks: [],
      items: [],
      throws: new Map(),
      openedAt: this.#clock.now(),
      paused: false,
      cancelled: false,
      settled: undefined,
    })
  }

  itemsAdded(id: BatchId, count: number): void {
    const book = this.#book(id)
    if (book.settled !== undefined) return
    book.blocks.push({ from: book.items.length, count, released: false })
    for (let i = 0; i < count; i++) book.items.push(LIVE)
  }

  paused(id: BatchId, paused: boolean): void {
    this.#book(id).paused = paused
  }

  cancelled(id: BatchId): void {
    const book = this.#book(id)
    if (book.settled === undefined) book.cancelled = true
  }

  online(worker: WorkerId): void {
    this.#staff.online(worker)
  }

  /** Before its commands are gone through one by one. `isHeld`: what the scheduler says now. */
  stepped(commands: readonly SchedulerCommand[], isHeld: (worker: WorkerId, shard: ShardId) => boolean): void {
    this.#staff.stepped(commands)
    for (const command of commands) if (command.kind === 'kill-worker') this.#killed(command.worker, isHeld)
  }

  /** A worker is killed, and one item that took too long has failed, or waits to run again. */
  #killed(worker: WorkerId, isHeld: (worker: WorkerId, shard: ShardId) => boolean): void {
    const gone = [...this.#held].filter(([shard, held]) => held.worker === worker && !isHeld(worker, shard))
    assert(gone.length <= 1, `${worker} is killed, and ${gone.length} of its shards have failed for it`)
    for (const [shard, { assign }] of gone) {
      const { items, timeoutMs } = this.#book(assign.batch).plan
      const kind = items.get(assign.from)?.kind
      const guilty = assign.count === 1 && timeoutMs !== undefined && (kind === 'hangs' || kind === 'lingers')
      assert(guilty, `shard ${shard} of ${assign.batch} has failed for its time, and did not hang`)
      this.#drop(shard)
    }
  }

  assigned(assign: Assign): void {
    const book = this.#book(assign.batch)
    const block = book.blocks[assign.block]
    assert(block !== undefined && !block.released, `block ${assign.block} is handed out, and is gone`)
    assert(assign.count >= 1 && assign.offset + assign.count <= block.count, 'a shard crosses its block')
    assert(assign.from === block.from + assign.offset, 'a shard has the wrong index')
    assert(!book.paused && !book.cancelled && book.settled === undefined, `a shard of ${assign.batch} is handed out, which is not to run`)
    assert(!this.#held.has(assign.shard), 'a shard number is used twice')
    for (let index = assign.from; index < assign.from + assign.count; index++) {
      const item = `${assign.batch} ${index}`
      assert(book.items[index] === LIVE, `item ${item} runs again though it has settled`)
      assert(!this.#inHand.has(item), `item ${item} is with two workers`)
      this.#inHand.add(item)
      noteTooLong(book, index, assign.attempt)
      const threw = book.throws.get(index)
      assert(assign.attempt === (threw?.times ?? 0) + 1, `item ${item} is at run ${assign.attempt} after ${threw?.times ?? 0} that threw`)
      assert((threw?.notBefore ?? 0) <= this.#clock.now(), `item ${item} runs again before its back-off is over`)
    }
    const mayYield = book.plan.chunkSize === undefined || book.plan.timeoutMs !== undefined
    assert(assign.yieldAfterMs === undefined || mayYield, 'a shard of fixed length is told to yield')
    assert(book.plan.chunkSize === undefined || assign.count <= book.plan.chunkSize, 'a shard is longer than chunkSize')
    this.#held.set(assign.shard, { worker: assign.worker, assign })
    this.#checkPoolLimit(assign)
  }

  #checkPoolLimit({ worker, pool }: Assign): void {
    const holders = new Set<WorkerId>()
    for (const held of this.#held.values()) {
      if (held.assign.pool === pool) holders.add(held.worker)
      else assert(held.worker !== worker, `${worker} serves two pools`)
    }
    const size = this.#sizes.get(pool) ?? 0
    assert(holders.size <= size, `${holders.size} workers hold shards of ${pool}, whose size is ${size}`)
  }

  isHeld(worker: WorkerId, shard: ShardId): boolean {
    return this.#held.get(shard)?.worker === worker
  }

  /** An answer for a shard that is held: its results count. */
  answered(answer: SimAnswer): void {
    const held = this.#held.get(answer.shard)
    assert(held !== undefined, 'an answer was taken in that nobody waits for')
    this.#drop(answer.shard)
    const { assign, worker } = held
    this.#staff.answered(worker)
    const book = this.#book(assign.batch)
    const failed = new Set(answer.failures.map(({ at }) => assign.from + at))
    for (let index = assign.from; index < assign.from + answer.ran; index++) {
      if (!failed.has(index)) this.#settle(book, index, COMPLETED)
      else {
        const delayMs = book.plan.backoffMs * 2 ** (assign.attempt - 1) * (1 - (book.plan.jitter ?? 0))
        book.throws.set(index, { times: assign.attempt, notBefore: this.#clock.now() + delayMs })
      }
    }
  }

  lost(worker: WorkerId): void {
    this.#staff.lost(worker)
    for (const [shard, held] of this.#held) if (held.worker === worker) this.#drop(shard)
  }

  #drop(shard: ShardId): void {
    const held = this.#held.get(shard)
    if (held === undefined) return
    const { batch, from, count } = held.assign
    for (let index = from; index < from + count; index++) this.#inHand.delete(`${batch} ${index}`)
    this.#held.delete(shard)
  }

  failed({ batch, index, attempts, cause }: SettleFailed): void {
    const book = this.#book(batch)
    this.#settle(book, index, FAILED)
    const item = book.plan.items.get(index)
    const name = `item ${batch} ${index}`
    if (cause.kind === 'worker-lost') {
      assert(item?.kind === 'poison', `${name} failed for a lost worker and is innocent`)
      assert(cause.exits.length === this.#plan.options.crashLimit, `${name} failed after ${cause.exits.length} lost workers`)
      assert(attempts === cause.exits.length, `${name} failed after ${attempts} attempts`)
      return
    }
    if (item?.kind === 'hangs' || item?.kind === 'lingers') {
      assert(book.plan.timeoutMs !== undefined, `${name} failed for its time, which has no limit`)
      assert(cause.errors.length === book.plan.retries + 1, `${name} has ${cause.errors.length} errors of ${book.plan.retries + 1} runs`)
      assert(
        cause.errors.every((error) => error === TOO_LONG),
        `${name} failed for ${String(cause.errors)}`,
      )
      return
    }
    assert(item?.kind === 'throws', `${name} failed and never throws: ${String(cause.errors)}`)
    const runs = item.retryable ? book.plan.retries + 1 : 1
    assert(item.times >= runs, `${name} failed though its next run would succeed`)
    assert(cause.errors.length === runs, `${name} has ${cause.errors.length} errors of ${runs} runs`)
    assert(attempts >= runs, `${name} counts ${attempts} attempts`)
    assert(cause.errors.at(-1) === `${batch}[${index}] run ${runs}`, `${name} has lost its last error`)
  }

  released({ batch, block }: ReleaseBlock): void {
    const book = this.#book(batch)
    const one = book.blocks[block]
    assert(one !== undefined && !one.released, `block ${block} of ${batch} is released twice`)
    one.released = true
    const live = book.items.slice(one.from, one.from + one.count).filter((item) => item === LIVE).length
    assert(live === 0 || this.#mayCancel(book), `block ${block} of ${batch} is released with ${live} items left`)
    for (let index = one.from; index < one.from + one.count; index++) {
      assert(!this.#inHand.has(`${batch} ${index}`), `block ${block} of ${batch} is released under a running shard`)
    }
  }

  settled(settled: BatchSettled): void {
    const book = this.#book(settled.batch)
    assert(book.settled === undefined, `${settled.batch} settles twice`)
    book.settled = settled
    const count = (state: number): number => book.items.filter((item) => item === state).length
    const name = JSON.stringify(settled)
    assert(count(COMPLETED) === settled.completed && count(FAILED) === settled.failed, `${name} does not agree with the books`)
    assert(count(LIVE) === settled.cancelled, `${name}: ${count(LIVE)} items neither completed nor failed`)
    assert(settled.cancelled === 0 || this.#mayCancel(book), `${name}: nobody cancelled it`)
    const { reason } = settled
    assert(reason !== 'deadline' || this.#isOverdue(book), `${name}: its deadline has not come`)
    assert(reason !== 'no-workers' || this.#staff.isHopeless(), `${name}: there are workers, or may be`)
    assert(reason === undefined || !book.cancelled, `${name}: the caller has cancelled it`)
    const outcome = book.cancelled ? 'cancelled' : settled.failed > 0 || reason !== undefined ? 'failed' : 'completed'
    assert(settled.outcome === outcome, `${name} should have outcome ${outcome}`)
    assert(
      book.blocks.every(({ released }) => released),
      `${name}: not all blocks are released`,
    )
    assert(
      ![...this.#held.values()].some(({ assign }) => assign.batch === settled.batch),
      `${name} settles while a worker holds some of it`,
    )
    for (const [index, item] of book.plan.items) if (index < book.items.length) this.#checkFate(book, index, item.kind)
  }

  #checkFate(book: BatchBook, index: number, kind: SimItem['kind']): void {
    if (kind === 'throws') return
    const state = book.items[index]
    assert(state !== COMPLETED, `item ${book.plan.id} ${index} cannot complete`)
    assert(state === FAILED || this.#mayCancel(book), `item ${book.plan.id} ${index} should have failed`)
  }

  #mayCancel(book: BatchBook): boolean {
    return book.cancelled || (book.plan.failFast && book.items.includes(FAILED)) || this.#isOverdue(book) || this.#staff.isHopeless()
  }

  #isOverdue({ openedAt, plan }: BatchBook): boolean {
    return plan.deadlineMs !== undefined && this.#clock.now() >= openedAt + plan.deadlineMs
  }

  #settle(book: BatchBook, index: number, as: number): void {
    assert(book.items[index] === LIVE, `item ${book.plan.id} ${index} settles twice`)
    book.items[index] = as
  }

  #book(id: BatchId): BatchBook {
    const book = this.#batches.get(id)
    assert(book !== undefined, `batch ${id} is unknown`)
    return book
  }
}

/** Of a run that took too long nobody tells but the next one, by its number. */
function noteTooLong({ plan, throws }: BatchBook, index: number, attempt: number): void {
  const kind = plan.items.get(index)?.kind
  if (plan.timeoutMs === undefined || (kind !== 'hangs' && kind !== 'lingers')) return
  const times = throws.get(index)?.times ?? 0
  if (attempt === times + 2) throws.set(index, { times: attempt - 1, notBefore: 0 })
}
