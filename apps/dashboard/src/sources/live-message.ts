import type { LiveSnapshot } from '@forkpool/pool-core/protocol'

/** How the dashboard's server stands with the coordinator. */
export type UpstreamView =
  | { readonly kind: 'connected' }
  | {
      readonly kind: 'unreachable'
      readonly address: string
      readonly reason: string
      /** Wall-clock milliseconds: when it was first found so. */
      readonly since: number
    }
  | {
      /** It answers, but not with the feed: a token is missing or wrong, or this host is not allowed. */
      readonly kind: 'refused'
      readonly address: string
      readonly reason: string
      readonly status: number
      readonly since: number
    }

/** What `GET /api/live` sends: the event's name and its data as JSON. */
export type LiveMessage =
  | { readonly event: 'snapshot'; readonly data: LiveSnapshot }
  | { readonly event: 'upstream'; readonly data: UpstreamView }
