import type { ReactNode } from 'react'
import type { Tone } from './badge.tsx'

/** Something the reader should know or do. Bad news is announced at once, the rest when there is a pause. */
export function Notice({ tone, title, children }: { readonly tone: Tone; readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={tone === 'plain' ? 'notice' : `notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <strong>{title}</strong>
      {children === undefined ? null : <p>{children}</p>}
    </div>
  )
}
