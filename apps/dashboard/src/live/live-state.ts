import type { LiveSnapshot } from '@forkpool/pool-core/protocol'
import type { LiveMessage, UpstreamView } from '../sources/live-message.ts'

/** How this page stands with the coordinator, seen from the browser. */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Connected, but no snapshot has come for a while. */
  | { readonly kind: 'silent'; readonly since: number }
  | Exclude<UpstreamView, { readonly kind: 'connected' }>
  /** The dashboard's own server does not answer. */
  | { readonly kind: 'dashboard-lost'; readonly since: number }

/** A moment of the coordinator's own health, kept for the system page. */
export interface HealthSample {
  readonly at: number
  readonly residentBytes: number
  readonly eventLoopLagMs: number
}

export interface LiveState {
  readonly link: LinkState
  /** The newest one; still there, and old, while the link is down. */
  readonly snapshot: LiveSnapshot | null
  /** Oldest first, `HEALTH_SAMPLES_MAX` at most. */
  readonly health: readonly HealthSample[]
}

export type LiveEvent =
  | LiveMessage
  /** No snapshot for too long. */
  | { readonly event: 'silence'; readonly at: number }
  /** The connection to the dashboard's server broke. */
  | { readonly event: 'lost'; readonly at: number }

/** Five minutes of one a second. */
export const HEALTH_SAMPLES_MAX = 300

export const LIVE_INITIAL: LiveState = { link: { kind: 'connecting' }, snapshot: null, health: [] }

/** What the page knows after this event. Pure: the same input gives the same state. */
export function liveStep(state: LiveState, event: LiveEvent): LiveState {
  switch (event.event) {
    case 'snapshot':
      return { link: LIVE, snapshot: event.data, health: remember(state.health, event.data) }
    case 'upstream':
      // `connected` alone shows nothing yet: the snapshot behind it does.
      return event.data.kind === 'connected' ? state : { ...state, link: event.data }
    case 'silence':
      return state.link.kind === 'live' ? { ...state, link: { kind: 'silent', since: event.at } } : state
    case 'lost':
      return state.link.kind === 'dashboard-lost' ? state : { ...state, link: { kind: 'dashboard-lost', since: event.at } }
  }
}

const LIVE: LinkState = { kind: 'live' }

function remember(health: readonly HealthSample[], { at, status }: LiveSnapshot): readonly HealthSample[] {
  const last = health.at(-1)
  // A coordinator whose clock was set back, or another one: its past is not this one's.
  const kept = last !== undefined && at <= last.at ? [] : health.slice(-(HEALTH_SAMPLES_MAX - 1))
  return [...kept, { at, residentBytes: status.residentBytes, eventLoopLagMs: status.eventLoopLagMs }]
}
