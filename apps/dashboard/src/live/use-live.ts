'use client'

import { useSyncExternalStore } from 'react'
import { LIVE_INITIAL, type LiveState } from './live-state.ts'
import { LiveStore } from './live-store.ts'

/** One for the page, whichever components look at it: its connection opens with the first and closes with the last. */
const store = new LiveStore()

/** The live state of the whole service, rendered anew with each snapshot. */
export function useLive(): LiveState {
  return useSyncExternalStore(store.subscribe, store.state, () => LIVE_INITIAL)
}
