import type { ReactNode } from 'react'

/** The page's name, what it answers, and what can be done. */
export function PageHead({
  title,
  children,
  actions,
}: {
  readonly title: ReactNode
  readonly children?: ReactNode
  readonly actions?: ReactNode
}) {
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {children === undefined ? null : <p>{children}</p>}
      </div>
      {actions}
    </header>
  )
}
