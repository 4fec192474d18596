import type { Clock, Instant } from '@forkpool/pool-core/base'
import { systemClock } from '@forkpool/pool-core/base'
import { formatCount, formatDuration } from './table.ts'

const BAR_WIDTH = 24
/** A terminal is redrawn so often; elsewhere a plain line is written so often. */
const REDRAW_MS = 100
const LINE_MS = 5_000

/** What a progress display writes to. */
export interface ProgressStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** Progress of long work: a bar with rate and time left on a terminal, a plain line every few seconds elsewhere. */
export class Progress {
  readonly #stream: ProgressStream
  readonly #label: string
  readonly #unit: string
  readonly #clock: Clock
  readonly #begun: Instant
  #shownAt: number
  #drawn = false

  /** @param unit what is counted: `tasks`. */
  constructor(stream: ProgressStream, label: string, unit: string, clock: Clock = systemClock) {
    this.#stream = stream
    this.#label = label
    this.#unit = unit
    this.#clock = clock
    this.#begun = clock.now()
    this.#shownAt = this.#begun
  }

  /** @param total undefined: nobody knows. */
  update(done: number, failed: number, total: number | undefined): void {
    const now = this.#clock.now()
    const terminal = this.#stream.isTTY === true
    if (now - this.#shownAt < (terminal ? REDRAW_MS : LINE_MS)) return
    this.#shownAt = now
    const elapsedMs = now - this.#begun
    const perMs = done / elapsedMs
    const parts = [total === undefined ? formatCount(done) : `${formatCount(done)}/${formatCount(total)}`]
    parts.push(`${formatCount(perMs * 1000)} ${this.#unit}/s`)
    if (total !== undefined && perMs > 0) parts.push(`${formatDuration((total - done) / perMs)} left`)
    if (failed > 0) parts.push(`${formatCount(failed)} failed`)
    if (!terminal) {
      this.#stream.write(`${this.#label}: ${parts.join(', ')}\n`)
      return
    }
    const filled = total === undefined || total === 0 ? 0 : Math.round((done / total) * BAR_WIDTH)
    const bar = total === undefined ? '' : `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] `
    this.#stream.write(`\r\u001b[K${this.#label} ${bar}${parts.join('  ')}`)
    this.#drawn = true
  }

  /** Takes the bar away, so that what follows stands on a clean line. */
  clear(): void {
    if (this.#drawn) this.#stream.write('\r\u001b[K')
    this.#drawn = false
  }
}
