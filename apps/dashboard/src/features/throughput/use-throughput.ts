'use client'

import { useEffect, useReducer } from 'react'
import { useFetched } from '../../live/use-fetched.ts'
import { useLive } from '../../live/use-live.ts'
import type { ThroughputView } from '../../sources/throughput-source.ts'
import { appendSample, isGap, type LiveSample, mergeHistory, type Timeline, TIMELINE_EMPTY } from './timeline.ts'

export interface ThroughputState {
  readonly timeline: Timeline
  /** Where the past is from; null until it has been fetched. */
  readonly source: Pick<ThroughputView, 'source' | 'fallbackReason'> | null
  /** Why there is no past; the present still arrives. */
  readonly error: string | null
}

type TimelineEvent = { readonly kind: 'history'; readonly view: ThroughputView } | { readonly kind: 'sample'; readonly sample: LiveSample }

/** As much as the longest window shows: changing the window needs no further fetch. */
const HISTORY_PATH = '/throughput?seconds=900'
/** A past that could not be fetched is asked for again; one that is only second best, too, but not as soon. */
const RETRY_MS = 3_000
const BETTER_MS = 15_000

/** The past once, then each live sample behind it; after a hole in the live samples the past again. */
export function useThroughput(): ThroughputState {
  const { snapshot, link } = useLive()
  const { view, error, refresh } = useFetched<ThroughputView>(HISTORY_PATH)
  const [timeline, dispatch] = useReducer(timelineStep, TIMELINE_EMPTY)
  const sample = snapshot?.samples
  const isHole = sample !== undefined && isGap(timeline, sample)

  useEffect(() => {
    if (view !== null) dispatch({ kind: 'history', view })
  }, [view])

  useEffect(() => {
    if (sample !== undefined) dispatch({ kind: 'sample', sample })
  }, [sample])

  useEffect(() => {
    if (isHole) refresh()
  }, [isHole, refresh])

  const againAfterMs = error !== null ? RETRY_MS : (view?.fallbackReason ?? null) !== null ? BETTER_MS : null
  const isLive = link.kind === 'live'
  useEffect(() => {
    if (againAfterMs === null || !isLive) return undefined
    const timer = setTimeout(refresh, againAfterMs)
    return () => clearTimeout(timer)
  }, [againAfterMs, isLive, view, error, refresh])

  return { timeline, source: view, error: error?.message ?? null }
}

function timelineStep(timeline: Timeline, event: TimelineEvent): Timeline {
  return event.kind === 'history' ? mergeHistory(event.view, timeline) : appendSample(timeline, event.sample)
}
