'use client'

import { type ReactNode, useState } from 'react'
import { Icon } from './icon.tsx'

export interface Column<Row> {
  readonly key: string
  readonly title: ReactNode
  readonly cell: (row: Row) => ReactNode
  /** What the column sorts by; absent: it does not sort. Nulls come last in both directions. */
  readonly sortBy?: (row: Row) => string | number | null
  /** Numbers stand at the right, under each other. */
  readonly end?: boolean
  readonly className?: string
  /** The cell names the row. */
  readonly isHeader?: boolean
}

export interface DataTableProps<Row> {
  /** For those who cannot see the card's title above. */
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  readonly isPicked?: (row: Row) => boolean
}

interface Order {
  readonly key: string
  readonly descending: boolean
}

/** A dense table that sorts by its column heads; unsorted, rows keep the given order. */
export function DataTable<Row>({ caption, columns, rows, rowKey, isPicked }: DataTableProps<Row>) {
  const [order, setOrder] = useState<Order | null>(null)
  const sortBy = columns.find((column) => column.key === order?.key)?.sortBy
  const shown = order === null || sortBy === undefined ? rows : sorted(rows, sortBy, order.descending)
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="hidden-visually">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => {
              const direction = order?.key === column.key ? (order.descending ? 'descending' : 'ascending') : undefined
              return (
                <th key={column.key} scope="col" aria-sort={direction} className={classOf(column)}>
                  {column.sortBy === undefined ? (
                    column.title
                  ) : (
                    <button type="button" className="sort" onClick={() => setOrder(nextOrder(order, column))}>
                      {column.title}
                      <Icon name="sort" />
                    </button>
                  )}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={rowKey(row)} data-row={rowKey(row)} className={isPicked?.(row) === true ? 'picked' : undefined}>
              {columns.map((column) =>
                column.isHeader === true ? (
                  <th key={column.key} scope="row" data-column={column.key} className={classOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} data-column={column.key} className={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function classOf<Row>({ end, className }: Column<Row>): string | undefined {
  return [end === true ? 'end' : '', className ?? ''].join(' ').trim() || undefined
}

/** Numbers begin with the largest, for that is what one looks for; the third click takes the order away. */
function nextOrder<Row>(order: Order | null, column: Column<Row>): Order | null {
  const first = column.end === true
  if (order?.key !== column.key) return { key: column.key, descending: first }
  return order.descending === first ? { key: column.key, descending: !first } : null
}

function sorted<Row>(rows: readonly Row[], sortBy: (row: Row) => string | number | null, descending: boolean): readonly Row[] {
  return [...rows].sort((a, b) => {
    const [x, y] = [sortBy(a), sortBy(b)]
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1
    const ascending = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true })
    return descending ? -ascending : ascending
  })
}
