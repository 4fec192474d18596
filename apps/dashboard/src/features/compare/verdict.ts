import type { ComparisonReport } from '@forkpool/pool-core/protocol'
import { formatPercent, formatTimes } from '../../ui/format.ts'

/** What a comparison means, in two sentences. */
export function verdictOf(report: ComparisonReport): { readonly headline: string; readonly detail: string } {
  const { runs, recommendedPoolSize, fit } = report
  const recommended = runs.find((run) => run.poolSize === recommendedPoolSize)
  const fastest = runs.reduce((best, run) => (run.seconds < best.seconds ? run : best), runs[0] ?? NO_RUN)
  const headline =
    recommended === undefined
      ? `Use ${workers(recommendedPoolSize)}.`
      : `${workers(recommendedPoolSize)}: ${formatTimes(recommended.speedup)} the speed of one, each ${formatPercent(recommended.efficiency)} useful.`
  const details: string[] = []
  if (fastest.poolSize > recommendedPoolSize) {
    details.push(
      `${workers(fastest.poolSize)} were fastest, ${formatTimes(fastest.speedup)}, each ${formatPercent(fastest.efficiency)} useful.`,
    )
  }
  details.push(
    `By the fitted law throughput peaks at ${workers(fit.peakPoolSize)}; ${formatPercent(fit.amdahlSerial)} of the work is serial by Amdahl.`,
  )
  return { headline, detail: details.join(' ') }
}

const NO_RUN = { poolSize: 0, seconds: Number.POSITIVE_INFINITY, speedup: 0, efficiency: 0 }

function workers(count: number): string {
  return count === 1 ? 'One worker' : `${count} workers`
}

/** Whether every size gave the same results; the sizes whose results differ from the first one's. */
export function differingSizes(report: ComparisonReport): readonly number[] {
  const expected = report.runs[0]?.resultDigest
  return report.runs.filter((run) => run.resultDigest !== expected).map((run) => run.poolSize)
}
