import type { ServerResponse } from 'node:http'
import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'
import type { LiveSnapshot } from '@forkpool/pool-core/protocol'
import type { ApiSource } from '../api-source.ts'

const INTERVAL_MS = 1_000

/** Samples drift by some milliseconds; a snapshot so long behind one is never before it. */
const BEHIND_SAMPLE_MS = 50

/** Batches in one snapshot; the number of all stands beside them. */
const BATCHES_SHOWN = 50

/** A page that has so much unread is a page that nobody looks at: it gets no further snapshot until it has read. */
const UNREAD_BYTES_MAX = 1024 * 1024

/**
 * The live feed: server-sent events, a snapshot at once and one a second. It is made once for all listeners, and costs nothing while
 * there are none.
 */
export class LiveFeed {
  readonly #clock: Clock
  readonly #source: ApiSource
  readonly #listeners = new Set<ServerResponse>()
  #cancel: Cancel | undefined

  constructor(clock: Clock, source: ApiSource) {
    this.#clock = clock
    this.#source = source
  }

  add(response: ServerResponse): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    })
    response.write(`retry: 1000\n\n${this.#event()}`)
    this.#listeners.add(response)
    response.once('close', () => this.#listeners.delete(response))
    if (this.#cancel === undefined) this.#arm()
  }

  /** Ends every feed. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    for (const response of this.#listeners) response.end()
    this.#listeners.clear()
  }

  #arm(): void {
    this.#cancel = this.#clock.schedule(after(this.#clock.now(), this.#untilNextSample()), () => {
      this.#cancel = undefined
      if (this.#listeners.size === 0) return
      const event = this.#event()
      for (const response of this.#listeners) if (response.writableLength < UNREAD_BYTES_MAX) response.write(event)
      this.#arm()
    })
  }

  /** Just behind the next sample: what was counted is seen at once and not up to a second later, and no sample is left out. */
  #untilNextSample(): number {
    const ms = this.#source.latestSamples().at + INTERVAL_MS + BEHIND_SAMPLE_MS - this.#clock.wallTime()
    return ms > 0 && ms < INTERVAL_MS ? ms : INTERVAL_MS
  }

  #event(): string {
    const source = this.#source
    const { batches, total } = source.batches(BATCHES_SHOWN, undefined)
    const snapshot: LiveSnapshot = {
      at: this.#clock.wallTime(),
      status: source.status(),
      pools: source.pools(),
      workers: source.workers(),
      batches,
      batchesTotal: total,
      samples: source.latestSamples(),
    }
    return `event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`
  }
}
