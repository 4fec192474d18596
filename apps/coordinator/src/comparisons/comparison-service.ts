import type { Clock, Random } from '@forkpool/pool-core/base'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { Cluster, TlsOptions } from '@forkpool/client'
import { compare, connect } from '@forkpool/client'
import type { ComparisonReport, ComparisonView } from '@forkpool/pool-core/protocol'
import type { ComparisonSource } from '../comparison-source.ts'
import { checkComparison } from './comparison-check.ts'
import type { CheckedComparison } from './comparison-check.ts'

/** Comparisons that stay in the list. */
const KEPT = 20

interface Comparison {
  readonly id: string
  readonly startedAt: number
  readonly asked: CheckedComparison
  readonly abort: AbortController
  done: number
  of: number
  report: ComparisonReport | undefined
  error: string | undefined
}

export interface ComparisonParts {
  readonly clock: Clock
  readonly random: Random
  readonly poolSizeMax: number
  /** Where this coordinator's own clients connect; read when a comparison starts. */
  readonly url: () => string
  readonly token: string | undefined
  /** How they recognise its certificate; undefined: it has none. Read when a comparison starts. */
  readonly tls: () => TlsOptions | undefined
  /** @throws ForkpoolError TASK_UNKNOWN. */
  readonly knowsTask: (name: string) => void
}

/**
 * Runs comparisons of pool sizes for the dashboard and the API. It is a client of its own coordinator, over the same socket as any
 * other, so it measures what users get. One at a time: two at once would measure each other.
 */
export class ComparisonService implements ComparisonSource {
  readonly #parts: ComparisonParts
  readonly #comparisons = new Map<string, Comparison>()
  #running: Promise<void> | undefined

  constructor(parts: ComparisonParts) {
    this.#parts = parts
  }

  begin(body: unknown): ComparisonView {
    const { clock, random, poolSizeMax, knowsTask } = this.#parts
    const asked = checkComparison(body, poolSizeMax)
    knowsTask(asked.task)
    if (this.#running !== undefined) throw new ForkpoolError('LIMIT_EXCEEDED', 'a comparison is running; it would disturb this one')
    const comparison: Comparison = {
      id: random.token(6),
      startedAt: clock.wallTime(),
      asked,
      abort: new AbortController(),
      done: 0,
      // Each size is warmed up once and then measured `repeats` times.
      of: asked.poolSizes.length * (asked.repeats + 1),
      report: undefined,
      error: undefined,
    }
    this.#comparisons.set(comparison.id, comparison)
    if (this.#comparisons.size > KEPT) this.#comparisons.delete(this.#comparisons.keys().next().value ?? '')
    this.#running = this.#run(comparison).finally(() => {
      this.#running = undefined
    })
    return viewOf(comparison)
  }

  get(id: string): ComparisonView | undefined {
    const comparison = this.#comparisons.get(id)
    return comparison === undefined ? undefined : viewOf(comparison)
  }

  list(): readonly ComparisonView[] {
    return [...this.#comparisons.values()].toReversed().map(viewOf)
  }

  /** Ends a running comparison; it is listed as failed. */
  async stop(): Promise<void> {
    for (const comparison of this.#comparisons.values()) comparison.abort.abort(new Error('the coordinator stops'))
    await this.#running
  }

  async #run(comparison: Comparison): Promise<void> {
    const { clock, url, token, tls } = this.#parts
    const { task, items, poolSizes, repeats } = comparison.asked
    let cluster: Cluster | undefined
    try {
      cluster = await connect(url(), { token, tls: tls(), signal: comparison.abort.signal })
      comparison.report = await compare(cluster, {
        task,
        items,
        poolSizes,
        repeats,
        clock,
        signal: comparison.abort.signal,
        onProgress: ({ done, of }) => {
          comparison.done = done
          comparison.of = of
        },
      })
    } catch (error) {
      comparison.error = error instanceof Error ? error.message : String(error)
    } finally {
      await cluster?.close().catch(() => undefined)
    }
  }
}

function viewOf(comparison: Comparison): ComparisonView {
  const { id, startedAt, asked, done, of, report, error } = comparison
  const state = error !== undefined ? 'failed' : report !== undefined ? 'completed' : 'running'
  const request = { task: asked.task, items: asked.count, poolSizes: asked.poolSizes, repeats: asked.repeats }
  return { id, state, startedAt, request, progress: { done, of }, report: report ?? null, error: error ?? null }
}
