'use client'

import type { ReactNode } from 'react'
import { useLive } from '../../live/use-live.ts'

/** Dims what is on the page while it is old, so that nobody takes the last known state for the present one. */
export function Stale({ children }: { readonly children: ReactNode }) {
  const { link, snapshot } = useLive()
  const isStale = snapshot !== null && link.kind !== 'live' && link.kind !== 'connecting'
  return <div className={isStale ? 'stack stale' : 'stack'}>{children}</div>
}
