'use client'

import { useLive } from '../../live/use-live.ts'
import { formatAge, plural } from '../../ui/format.ts'

/** Which service this is, in one line below the page's title. */
export function ServiceLine() {
  const { snapshot, link } = useLive()
  if (snapshot === null) return <>{link.kind === 'connecting' ? 'Connecting…' : 'Not connected'}</>
  const { server, node, cores, startedAt, draining } = snapshot.status
  return (
    <>
      {server} on node {node}, {plural(cores, 'core')}, up {formatAge(snapshot.at - startedAt)}
      {draining ? ', draining' : ''}
    </>
  )
}
