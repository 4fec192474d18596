import type { ReactNode } from 'react'

/** Nothing here, why, and what would change that. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children === undefined ? null : <p>{children}</p>}
    </div>
  )
}

/** The place of something that is on its way. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <div role="status" aria-label={`Loading ${what}`}>
      <span className="skeleton skeleton-block" aria-hidden="true" />
    </div>
  )
}
