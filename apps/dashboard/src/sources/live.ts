import { CoordinatorError } from './coordinator.ts'
import { EventStreamParser, type StreamEvent } from './event-stream.ts'
import type { UpstreamView } from './live-message.ts'

/** Waits; rejects when the signal is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

export interface LiveFeedOptions {
  /** Shown where the coordinator cannot be reached. */
  readonly address: string
  /** Opens the coordinator's feed. @throws CoordinatorError */
  readonly open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>
  readonly wait: Wait
  readonly now: () => number
}

export interface LiveListener {
  readonly onEvent: (event: StreamEvent) => void
  /** No more events will come. */
  readonly onClose: () => void
}

/** The coordinator sends a snapshot a second. After this long without a byte it is asked anew: a dead network says nothing. */
const SILENCE_MS = 5_000
/** Pause before the next try: a coordinator that comes back is seen within a second, one that is down costs one try a second. */
const RETRY_MS = 1_000

/**
 * One connection to the coordinator's feed for all browsers of this dashboard, open only while somebody looks. It connects again by itself,
 * for ever, and says how it stands. A newcomer gets the newest snapshot at once. Snapshots pass through as text, undecoded.
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions
  readonly #listeners = new Set<LiveListener>()
  #running: AbortController | null = null
  /** The newest of each kind, for newcomers; null while nobody looks, for then it would be stale. */
  #snapshot: StreamEvent | null = null
  #upstream: UpstreamView | null = null
  #isClosed = false

  constructor(options: LiveFeedOptions) {
    this.#options = options
  }

  /** Tells `listener` of each event until the returned function is called, or the feed closes. It must not throw and must not block. */
  subscribe(listener: LiveListener): () => void {
    if (this.#isClosed) {
      listener.onClose()
      return () => undefined
    }
    this.#listeners.add(listener)
    if (this.#upstream !== null) listener.onEvent(upstreamEvent(this.#upstream))
    if (this.#snapshot !== null) listener.onEvent(this.#snapshot)
    if (this.#running === null) {
      this.#running = new AbortController()
      void this.#run(this.#running.signal)
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#rest()
    }
  }

  /** Ends every subscription, for good: a server that stops would else wait for browsers that never leave. */
  close(): void {
    this.#isClosed = true
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    this.#rest()
    for (const listener of listeners) listener.onClose()
  }

  /** Lets go of the coordinator: nobody looks. */
  #rest(): void {
    this.#running?.abort()
    this.#running = null
    this.#snapshot = null
    this.#upstream = null
  }

  /** Never rejects; ends when the signal is aborted. */
  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal)
        if (!signal.aborted) this.#lost(new CoordinatorError('unreachable', 502, 'CONNECTION_LOST', 'the live feed ended'))
      } catch (error) {
        if (!signal.aborted) this.#lost(error)
      }
      await this.#options.wait(RETRY_MS, signal).catch(() => undefined)
    }
  }

  /** Reads one connection to its end. */
  async #follow(signal: AbortSignal): Promise<void> {
    const connection = new AbortController()
    const stop = (): void => connection.abort()
    signal.addEventListener('abort', stop)
    try {
      const body = await this.#heard(this.#options.open(connection.signal), connection)
      const reader = body.pipeThrough(new TextDecoderStream()).getReader()
      const parser = new EventStreamParser()
      for (;;) {
        const { done, value } = await this.#heard(reader.read(), connection)
        if (done || signal.aborted) return
        for (const event of parser.feed(value)) {
          if (event.event !== 'snapshot') continue
          this.#standing({ kind: 'connected' })
          this.#snapshot = event
          this.#tell(event)
        }
      }
    } finally {
      signal.removeEventListener('abort', stop)
      connection.abort()
    }
  }

  /** The promise's value, or an error once the coordinator has said nothing for too long. */
  async #heard<Value>(promise: Promise<Value>, connection: AbortController): Promise<Value> {
    const heard = new AbortController()
    const silence = this.#options.wait(SILENCE_MS, heard.signal).then(
      () => {
        connection.abort()
        throw new CoordinatorError('unreachable', 502, 'TIMED_OUT', `nothing heard for ${SILENCE_MS / 1000} seconds`)
      },
      () => new Promise<never>(() => undefined),
    )
    // Whichever loses the race still settles; its rejection must not count as unhandled.
    promise.catch(() => undefined)
    silence.catch(() => undefined)
    try {
      return await Promise.race([promise, silence])
    } finally {
      heard.abort()
    }
  }

  #lost(error: unknown): void {
    const { address, now } = this.#options
    const before = this.#upstream
    const since = before !== null && before.kind !== 'connected' ? before.since : now()
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof CoordinatorError && error.failure === 'refused') {
      this.#standing({ kind: 'refused', address, reason, status: error.status, since })
    } else {
      this.#standing({ kind: 'unreachable', address, reason, since })
    }
  }

  /** Remembers and tells how it stands, if that is news. */
  #standing(upstream: UpstreamView): void {
    if (this.#upstream !== null && sameStanding(this.#upstream, upstream)) return
    this.#upstream = upstream
    this.#tell(upstreamEvent(upstream))
  }

  #tell(event: StreamEvent): void {
    for (const listener of this.#listeners) listener.onEvent(event)
  }
}

function upstreamEvent(upstream: UpstreamView): StreamEvent {
  return { event: 'upstream', data: JSON.stringify(upstream) }
}

function sameStanding(a: UpstreamView, b: UpstreamView): boolean {
  if (a.kind === 'connected' || b.kind === 'connected') return a.kind === b.kind
  return a.kind === b.kind && a.reason === b.reason
}
