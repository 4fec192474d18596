'use client'

import type { BatchView } from '@forkpool/pool-core/protocol'
import { useState } from 'react'
import type { ApiError } from '../../live/api.ts'
import { useFetched } from '../../live/use-fetched.ts'
import { useLive } from '../../live/use-live.ts'
import { isOpen } from './batch-state.ts'

/** How often a batch is asked for that runs but is not among the live ones: there are more than fifty open. */
const AGAIN_MS = 2_000

/** One batch: from the live feed while it is in there, else fetched. */
export function useBatch(id: string): { readonly batch: BatchView | null; readonly error: ApiError | null } {
  const { snapshot } = useLive()
  const live = snapshot?.batches.find((batch) => batch.id === id) ?? null
  const [ended, setEnded] = useState(false)
  const { view, error } = useFetched<BatchView>(`/batches/${encodeURIComponent(id)}`, live !== null || ended ? null : AGAIN_MS)
  const batch = live ?? view
  const isEnded = batch !== null && !isOpen(batch)
  if (isEnded !== ended) setEnded(isEnded)
  return { batch, error: batch === null ? error : null }
}
