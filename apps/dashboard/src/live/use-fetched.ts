'use client'

import { useCallback, useEffect, useState } from 'react'
import { type ApiError, callApi } from './api.ts'

export interface Fetched<View> {
  /** Null until the first answer. Kept while a later one fails. */
  readonly view: View | null
  readonly error: ApiError | null
  /** Asks again. */
  readonly refresh: () => void
}

/**
 * The answer to a GET of our own API: at once, again when `path` changes, and again `againAfterMs` after each answer while that is a number.
 * The pause counts from the answer, so that a slow server is not asked faster than it answers; a hidden page does not ask.
 */
export function useFetched<View>(path: string, againAfterMs: number | null = null): Fetched<View> {
  const [state, setState] = useState<{ readonly path: string; readonly view: View | null; readonly error: ApiError | null }>({
    path,
    view: null,
    error: null,
  })
  const [round, setRound] = useState(0)
  const refresh = useCallback(() => setRound((before) => before + 1), [])

  useEffect(() => {
    const left = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const again = (): void => {
      if (againAfterMs === null || left.signal.aborted) return
      timer = setTimeout(() => (document.visibilityState === 'hidden' ? again() : ask()), againAfterMs)
    }
    const ask = (): void => {
      callApi<View>(path, { signal: left.signal })
        .then(
          (view) => setState({ path, view, error: null }),
          (error: ApiError) => {
            if (!left.signal.aborted) setState((before) => ({ path, view: before.path === path ? before.view : null, error }))
          },
        )
        .then(again, again)
    }
    ask()
    return () => {
      left.abort()
      clearTimeout(timer)
    }
  }, [path, againAfterMs, round])

  // An answer to another path is no answer to this one.
  return state.path === path ? { view: state.view, error: state.error, refresh } : { view: null, error: null, refresh }
}
