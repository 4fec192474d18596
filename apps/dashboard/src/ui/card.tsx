import { type ReactNode, useId } from 'react'

export interface CardProps {
  readonly title: string
  /** One quiet line below the title. */
  readonly note?: ReactNode
  /** At the right of the title. */
  readonly actions?: ReactNode
  readonly footer?: ReactNode
  /** The content reaches the card's edges: tables and lists. */
  readonly flush?: boolean
  /** The page's own title says the same: only assistive technology needs this one. */
  readonly isTitleHidden?: boolean
  readonly children: ReactNode
}

/** A titled piece of a page; a region of its own for assistive technology. */
export function Card({ title, note, actions, footer, flush = false, isTitleHidden = false, children }: CardProps) {
  const id = useId()
  return (
    <section className="card" aria-labelledby={id}>
      {isTitleHidden ? (
        <h2 id={id} className="hidden-visually">
          {title}
        </h2>
      ) : (
        <header className="card-head">
          <h2 id={id}>{title}</h2>
          {actions}
          {note === undefined ? null : <p className="card-note">{note}</p>}
        </header>
      )}
      <div className={flush ? 'card-flush' : 'card-body'}>{children}</div>
      {footer === undefined || footer === null ? null : <footer className="card-foot">{footer}</footer>}
    </section>
  )
}
