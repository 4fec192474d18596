import type { BatchView, LiveSnapshot } from '@forkpool/pool-core/protocol'
import { BATCH_COLUMNS, POOL_COLUMNS, WORKER_COLUMNS } from '../look.ts'
import { plainText } from '../plain-text.ts'
import { formatBytes, formatCount, formatDuration, renderTable } from '../table.ts'
import type { Column } from '../table.ts'

const BAR_WIDTH = 20

/** Lines of a section that tells anything: its heading, and a row or how many there are. */
const SECTION_LINES_MIN = 2

/** How a line stands out, where there are colours. */
export type LineStyle = 'title' | 'heading' | 'alarm' | 'plain'

export interface TopLine {
  readonly text: string
  readonly style: LineStyle
}

/** What is seen: the last snapshot, and for how long nothing has come after it. */
export interface TopPicture {
  readonly url: string
  readonly snapshot: LiveSnapshot
  /** Why there is nothing newer, and since when; undefined: it is the newest. */
  readonly away: { readonly reason: string; readonly ms: number } | undefined
}

/**
 * The picture as lines, `rows` at most (undefined: as many as it takes): the coordinator, then pools, batches and workers, each cut to its share of
 * what is left. Lines may be wider than a terminal, and hold nothing that commands it.
 */
export function topLines(picture: TopPicture, rows: number | undefined): readonly TopLine[] {
  const { pools, workers } = picture.snapshot
  const head = headLines(picture)
  // Open ones first: those that ended fill what is left.
  const batches = picture.snapshot.batches.toSorted((a, b) => Number(a.endedAt !== null) - Number(b.endedAt !== null))
  const sections = [
    { name: 'pool', table: tableOf(POOL_COLUMNS, pools), empty: 'no pool yet: the first batch makes one' },
    { name: 'batch', table: tableOf(TOP_BATCH_COLUMNS, batches), empty: 'no batch yet' },
    { name: 'worker', table: tableOf(WORKER_COLUMNS, workers), empty: 'no worker' },
  ]
  const lines = [...head]
  for (const [i, { name, table, empty }] of sections.entries()) {
    const left = rows === undefined ? Number.POSITIVE_INFINITY : Math.floor((rows - lines.length) / (sections.length - i)) - 1
    if (left < SECTION_LINES_MIN) break
    lines.push({ text: '', style: 'plain' }, ...(table.length > 1 ? cut(table, left, name) : [{ text: empty, style: 'plain' } as const]))
  }
  return rows === undefined ? lines : lines.slice(0, Math.max(0, rows))
}

function headLines({ url, snapshot, away }: TopPicture): readonly TopLine[] {
  const { status, samples, at } = snapshot
  const { workers, batches, tasks } = status
  const perSecond = samples.series.reduce((sum, series) => sum + series.tasksPerSecond, 0)
  const title = [`forkpool top`, `${status.server} at ${url}`, `up ${formatDuration(at - status.startedAt)}`]
  const lines: TopLine[] = [
    { text: plainText([...title, status.draining ? 'draining' : clockText(at)].join('   ')), style: 'title' },
    {
      text: [
        `workers ${workers.busy} busy, ${workers.idle} idle, ${workers.starting} starting, at most ${status.maxWorkers}`,
        `sessions ${status.sessions}`,
        `batches ${formatCount(batches.open)} open, ${formatCount(batches.ended)} ended`,
        `memory ${formatBytes(status.residentBytes)}`,
        `lag ${status.eventLoopLagMs.toFixed(1)} ms`,
      ].join('   '),
      style: 'plain',
    },
    {
      text: [
        `tasks ${formatCount(tasks.queued)} queued, ${formatCount(tasks.running)} running`,
        `${formatCount(tasks.completed)} completed, ${formatCount(tasks.failed)} failed`,
        `${formatCount(perSecond)} tasks/s`,
      ].join('   '),
      style: 'plain',
    },
  ]
  if (away !== undefined)
    lines.push({ text: plainText(`away for ${formatDuration(away.ms)}: ${away.reason}; asking again`), style: 'alarm' })
  return lines
}

/** `12:03:11`, here. */
function clockText(at: number): string {
  return new Date(at).toTimeString().slice(0, 8)
}

const PROGRESS: Column<BatchView> = { heading: 'PROGRESS', cell: progressBar }

const TOP_BATCH_COLUMNS: readonly Column<BatchView>[] = [...BATCH_COLUMNS.slice(0, 4), PROGRESS, ...BATCH_COLUMNS.slice(4, -1)]

function progressBar({ completed, failed, total }: BatchView): string {
  if (total === null) return `[${'?'.repeat(BAR_WIDTH)}]`
  const share = total === 0 ? 1 : Math.min(1, (completed + failed) / total)
  const filled = Math.floor(share * BAR_WIDTH)
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`
}

function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] {
  return renderTable(columns, rows).trimEnd().split('\n')
}

/** The first lines of a table, with the number of those that had no place. */
function cut(table: readonly string[], lines: number, name: string): readonly TopLine[] {
  const shown = table.length <= lines ? table : table.slice(0, lines - 1)
  const left = table.length - shown.length
  const rest = left > 0 ? [`… and ${left} ${name}${left === 1 ? '' : name === 'batch' ? 'es' : 's'} more`] : []
  return [...shown, ...rest].map((text, i) => ({ text, style: i === 0 ? 'heading' : 'plain' }))
}
