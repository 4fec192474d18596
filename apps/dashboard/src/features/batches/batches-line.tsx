'use client'

import { useLive } from '../../live/use-live.ts'
import { formatExact } from '../../ui/format.ts'

/** How many batches there are, in one line below the page's title. */
export function BatchesLine() {
  const { snapshot } = useLive()
  if (snapshot === null) return <>Not known yet</>
  const { open, ended } = snapshot.status.batches
  return (
    <>
      {formatExact(open)} open, {formatExact(ended)} ended; newest first
    </>
  )
}
