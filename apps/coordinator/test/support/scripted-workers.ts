import type { RanMessage, RunMessage } from '@forkpool/pool-core/protocol'
import { decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import type { ShardId, WorkerId } from '@forkpool/pool-core/scheduler'
import type { FleetEvents, WorkerFleet } from '../../src/worker-fleet.ts'

/** Workers that do what the test says, when it says so. */
export class ScriptedWorkers implements WorkerFleet {
  readonly held = new Map<WorkerId, RunMessage[]>()
  /** Items that ran, in order. */
  readonly ran: number[] = []
  readonly ended: string[] = []
  events: FleetEvents | undefined
  #count = 0

  listen(events: FleetEvents): void {
    this.events = events
  }

  startWorkers(count: number): void {
    for (let i = 0; i < count; i++) this.held.set(`w${++this.#count}` as WorkerId, [])
  }

  run(worker: WorkerId, message: RunMessage): void {
    this.held.get(worker)?.push(message)
  }

  abort(worker: WorkerId, shard: ShardId): void {
    this.ended.push(`abort ${worker} ${shard}`)
  }

  retire(worker: WorkerId): void {
    this.ended.push(`retire ${worker}`)
  }

  kill(worker: WorkerId, reason: string): void {
    this.ended.push(`kill ${worker} ${reason}`)
  }

  allOnline(): void {
    const tasks = [{ name: 'square', module: 'built-in', parameters: ['n'] }]
    for (const worker of this.held.keys()) this.events?.online(worker, tasks)
  }

  /** Answers the first shard of a worker: squares, and a failure for every item in `bad`. */
  answer(
    worker: WorkerId,
    bad: readonly number[] = [],
    { count, runMs = 1, isTired }: { count?: number; runMs?: number; isTired?: boolean } = {},
  ): void {
    const message = this.held.get(worker)?.shift() as RunMessage
    const items = decodeItems(message.items) as number[]
    const ran = items.slice(0, count ?? items.length)
    this.ran.push(...ran)
    const good = ran.filter((item) => !bad.includes(item)).map((item) => item * item)
    const failures = ran.flatMap((item, at) =>
      bad.includes(item) ? [{ at, retryable: true, error: { name: 'RangeError', message: `bad ${item}` } }] : [],
    )
    const values = good.length === 0 ? { count: 0, codec: 'f64' as const, bytes: new Uint8Array(0) } : encodeItems(good)
    const ranMessage: RanMessage = {
      kind: 'ran',
      shard: message.shard,
      count: ran.length,
      values,
      failures,
      runMs,
      decodeMs: 0,
      encodeMs: 0,
    }
    this.events?.ran(worker, ranMessage, isTired)
  }

  /** Lets every worker answer until none holds a shard. */
  answerAll(bad: readonly number[] = []): void {
    for (let busy = true; busy;) {
      busy = false
      for (const [worker, shards] of this.held) {
        if (shards.length === 0) continue
        busy = true
        this.answer(worker, bad)
      }
    }
  }

  lose(worker: WorkerId): void {
    this.held.delete(worker)
    this.events?.lost(worker, { signal: 'SIGKILL' }, undefined)
  }
}
