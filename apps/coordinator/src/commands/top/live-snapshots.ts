import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after, ForkpoolError } from '@forkpool/pool-core/base'
import type { LiveSnapshot } from '@forkpool/pool-core/protocol'
import type { ApiClient } from '../api-client.ts'

/** A coordinator that is away is asked again so often. */
const RETRY_MS = 1_000

/** The feed speaks once a second; one that is silent so long is dead, whatever its connection says. */
const SILENCE_MS = 10_000

/** A snapshot of 1,000 workers and 200 pools is half a megabyte. */
const EVENT_CHARACTERS_MAX = 16 * 1024 * 1024

/** What the feed tells: how things are, or that nobody tells it for now. */
export type LiveNews =
  | { readonly kind: 'snapshot'; readonly snapshot: LiveSnapshot }
  | { readonly kind: 'away'; readonly error: ForkpoolError }

/**
 * The live feed of a coordinator for as long as somebody reads. Where it ends after it was there, it says so and goes on when the coordinator is back.
 * @throws ForkpoolError where it was never there, and where it refuses us: a wrong token does not become right by waiting.
 */
export async function* liveNews(api: ApiClient, clock: Clock, stop: AbortSignal): AsyncGenerator<LiveNews> {
  let wasThere = false
  while (!stop.aborted) {
    try {
      for await (const snapshot of oneFeed(api, clock, stop)) {
        wasThere = true
        yield { kind: 'snapshot', snapshot }
      }
      if (!stop.aborted) yield { kind: 'away', error: new ForkpoolError('COORDINATOR_UNREACHABLE', 'the coordinator has closed the feed') }
    } catch (error) {
      if (stop.aborted) return
      if (!(error instanceof ForkpoolError) || error.code !== 'COORDINATOR_UNREACHABLE' || !wasThere) throw error
      yield { kind: 'away', error }
    }
    await pause(clock, RETRY_MS, stop)
  }
}

/** One connection of the feed, until it ends or falls silent. */
async function* oneFeed(api: ApiClient, clock: Clock, stop: AbortSignal): AsyncGenerator<LiveSnapshot> {
  const silence = new AbortController()
  let cancel: Cancel | undefined
  const listen = (): void => {
    cancel?.()
    cancel = clock.schedule(after(clock.now(), SILENCE_MS), () => silence.abort())
  }
  listen()
  let text = ''
  try {
    for await (const piece of api.follow('/api/v1/live', AbortSignal.any([stop, silence.signal]))) {
      listen()
      const events = (text + piece).split('\n\n')
      text = events.pop() ?? ''
      if (text.length > EVENT_CHARACTERS_MAX) throw new ForkpoolError('COORDINATOR_UNREACHABLE', 'the feed sends no end of an event')
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1]
        if (data !== undefined) yield JSON.parse(data) as LiveSnapshot
      }
    }
  } finally {
    cancel?.()
  }
}

/** Resolves after `ms`, or at once when stopped. */
function pause(clock: Clock, ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve()
    const cancel = clock.schedule(after(clock.now(), ms), () => {
      stop.removeEventListener('abort', end)
      resolve()
    })
    const end = (): void => {
      cancel()
      resolve()
    }
    stop.addEventListener('abort', end, { once: true })
  })
}
