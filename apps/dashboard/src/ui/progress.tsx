import { formatExact, formatPercent } from './format.ts'

export interface ProgressProps {
  readonly label: string
  readonly done: number
  readonly failed: number
  /** Null: nobody knows how much there will be. */
  readonly total: number | null
  readonly tone: 'running' | 'ended' | 'stopped'
}

/** How much of a whole is done, and how much of that went wrong. Widths are attributes: the page's policy allows no style attributes. */
export function Progress({ label, done, failed, total, tone }: ProgressProps) {
  const share = total === null ? null : total === 0 ? 1 : Math.min(1, done / total)
  const bad = total === null || total === 0 ? 0 : Math.min(1, failed / total)
  const text = share === null ? 'open end' : formatPercent(share)
  const known = share === null ? {} : { 'aria-valuenow': Math.floor(share * 100), 'aria-valuemin': 0, 'aria-valuemax': 100 }
  return (
    <div className={share === null ? 'progress progress-unknown' : `progress progress-${tone}`}>
      <svg
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        role="progressbar"
        aria-label={label}
        aria-valuetext={`${text}, ${formatExact(done)} of ${total === null ? 'an unknown number' : formatExact(total)}`}
        {...known}
      >
        <rect className="progress-done" width={(share ?? 0) * 100} height="6" />
        <rect className="progress-bad" x={((share ?? 0) - bad) * 100} width={bad * 100} height="6" />
      </svg>
      <span aria-hidden="true">{text}</span>
    </div>
  )
}
