import type { ReactNode } from 'react'

export interface TileView {
  readonly name: string
  /** Null while nothing is known yet. */
  readonly value: string | null
  readonly note?: string | undefined
  /** The value in full, where it is shortened. */
  readonly title?: string | undefined
  readonly bad?: boolean | undefined
}

/** The few numbers that matter, as a description list. */
export function Tiles({ label, tiles }: { readonly label: string; readonly tiles: readonly TileView[] }): ReactNode {
  return (
    <dl className="tiles" aria-label={label}>
      {tiles.map(({ name, value, note, title, bad }) => (
        <div key={name} className={bad === true ? 'tile tile-bad' : 'tile'} data-tile={name}>
          <dt>{name}</dt>
          <dd title={title}>{value ?? <span className="faint">–</span>}</dd>
          {note === undefined ? null : <dd className="tile-note">{note}</dd>}
        </div>
      ))}
    </dl>
  )
}
