'use client'

import { useLive } from '../../live/use-live.ts'
import { formatExact, plural } from '../../ui/format.ts'

/** How the workers stand, in one line below the page's title. */
export function WorkersLine() {
  const { snapshot } = useLive()
  if (snapshot === null) return <>Not known yet</>
  const { workers, maxWorkers } = snapshot.status
  return (
    <>
      {plural(snapshot.workers.length, 'process', 'processes')}: {workers.busy} busy, {workers.idle} idle, {workers.starting} starting;{' '}
      {formatExact(maxWorkers)} at most
    </>
  )
}
