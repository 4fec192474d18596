'use client'

import { useLive } from '../../live/use-live.ts'
import { formatClock } from '../../ui/format.ts'

/** Whether what is on the page is live, in two words. Its clock moves with each snapshot. */
export function ConnectionPill() {
  const { link, snapshot } = useLive()
  const tone = link.kind === 'live' ? 'live' : link.kind === 'connecting' || link.kind === 'silent' ? 'wait' : 'down'
  return (
    <span className={`pill pill-${tone}`} data-link={link.kind}>
      <span className="pill-dot" aria-hidden="true" />
      <span role="status">{WORDS[link.kind]}</span>
      {link.kind === 'live' && snapshot !== null ? <span className="faint">{formatClock(snapshot.at)}</span> : null}
    </span>
  )
}

const WORDS = {
  connecting: 'Connecting',
  live: 'Live',
  silent: 'No news',
  unreachable: 'Coordinator down',
  refused: 'Refused',
  'dashboard-lost': 'Dashboard down',
} as const
