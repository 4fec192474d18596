import { Swatch } from '../../ui/chart/swatch.tsx'
import { formatClock, formatExact, formatRate, plural } from '../../ui/format.ts'
import { summarise } from './summary.ts'

export interface LegendRow {
  readonly key: string
  readonly poolSize: number
  readonly pools: readonly string[]
  readonly values: readonly (number | null)[]
  readonly hue: number
  readonly dash: string | undefined
  readonly isHidden: boolean
}

export interface LegendTableProps {
  readonly at: readonly number[]
  readonly rows: readonly LegendRow[]
  readonly domain: readonly [number, number]
  /** The moment that is read off; null: the newest one. */
  readonly cursor: number | null
  /** Lines that are not shown. */
  readonly left: number
  readonly onToggle: (key: string) => void
}

/** The chart's legend, and the same numbers for those who cannot see it: pointing at the chart reads that moment off here. */
export function LegendTable({ at, rows, domain, cursor, left, onToggle }: LegendTableProps) {
  if (rows.length === 0) return null
  const moment = cursor === null ? undefined : at[cursor]
  return (
    <div className="table-scroll">
      <table className="table" data-testid="throughput">
        <caption className="hidden-visually">Tasks per second by pool size</caption>
        <thead>
          <tr>
            <th scope="col">Pool size</th>
            <th scope="col" className="wide">
              Pool
            </th>
            <th scope="col" className="end">
              {moment === undefined ? 'Tasks/s now' : `at ${formatClock(moment)}`}
            </th>
            <th scope="col" className="end">
              Mean shown
            </th>
            <th scope="col" className="end">
              Peak shown
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const { mean, peak } = summarise(row.values, at, domain)
            const value = row.values[cursor ?? at.length - 1]
            return (
              <tr key={row.key} data-pool-size={row.poolSize}>
                <th scope="row">
                  <button
                    type="button"
                    className="legend-toggle"
                    aria-pressed={!row.isHidden}
                    title={row.isHidden ? 'Show this line' : 'Hide this line'}
                    onClick={() => onToggle(row.key)}
                  >
                    <Swatch hue={row.hue} dash={row.dash} off={row.isHidden} />
                    {row.poolSize}
                  </button>
                </th>
                <td className="cut" title={row.pools.join(', ')}>
                  {row.pools.join(', ')}
                </td>
                <Rate value={value} column="now" />
                <Rate value={mean} column="mean" />
                <Rate value={peak} column="peak" />
              </tr>
            )
          })}
        </tbody>
      </table>
      {left > 0 ? (
        <p className="card-foot">
          Showing the {rows.length} lines with the highest peaks; {plural(left, 'line')} left out.
        </p>
      ) : null}
    </div>
  )
}

/** The exact number stands in the data attribute, for programs that read the page. */
function Rate({ value, column }: { readonly value: number | null | undefined; readonly column: string }) {
  if (value === null || value === undefined) {
    return (
      <td className="end faint" data-column={column}>
        –
      </td>
    )
  }
  return (
    <td className="end" data-column={column} data-value={value} title={`${formatExact(value)} tasks per second`}>
      {formatRate(value)}
    </td>
  )
}
