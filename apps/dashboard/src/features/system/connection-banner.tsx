'use client'

import { useLive } from '../../live/use-live.ts'
import { formatClock } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'

/** What is wrong with the connection and what to do about it; nothing while it is well. */
export function ConnectionBanner() {
  const { link, snapshot } = useLive()
  const old = snapshot === null ? '' : ` What is shown is from ${formatClock(snapshot.at)}.`
  switch (link.kind) {
    case 'connecting':
    case 'live':
      return null
    case 'silent':
      return (
        <Notice tone="warn" title="No news from the coordinator">
          It is connected but has sent nothing for some seconds.{old}
        </Notice>
      )
    case 'unreachable':
      return (
        <Notice tone="bad" title={`No coordinator answers at ${link.address}: ${link.reason}`}>
          Start one with <code>npx forkpool serve</code>, or point the dashboard to another with <code>FORKPOOL_URL</code>. This page
          connects by itself as soon as it answers.{old}
        </Notice>
      )
    case 'refused':
      return (
        <Notice tone="bad" title={`The coordinator at ${link.address} refuses this dashboard: ${link.reason}`}>
          {link.status === 401 || link.status === 403 ? (
            <>
              Start the dashboard with the coordinator’s token in <code>FORKPOOL_TOKEN</code> or <code>FORKPOOL_TOKEN_FILE</code>.
            </>
          ) : (
            <>It answered with status {link.status}. Trying again by itself.</>
          )}
          {old}
        </Notice>
      )
    case 'dashboard-lost':
      return (
        <Notice tone="bad" title="The dashboard’s own server does not answer">
          Start it again; this page connects by itself.{old}
        </Notice>
      )
  }
}
