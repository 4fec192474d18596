import type { ComparisonReport } from '@forkpool/pool-core/protocol'
import { Card } from '../../ui/card.tsx'
import { Swatch } from '../../ui/chart/swatch.tsx'
import { XYChart } from '../../ui/chart/xy-chart.tsx'
import { formatDuration, formatRate, formatTimes } from '../../ui/format.ts'
import { seriesHue } from '../../ui/series-color.ts'
import { amdahlSpeedup, curve, uslSpeedup, uslThroughput } from './scaling-laws.ts'

const USL_HUE = 3
const AMDAHL_HUE = 5
const AMDAHL_DASH = '6 4'

/** Time, speed-up and throughput over the pool size, with what theory makes of them. */
export function ComparisonCharts({ report }: { readonly report: ComparisonReport }) {
  const { runs, fit } = report
  const max = Math.max(...runs.map((run) => run.poolSize))
  const at = (value: string, size: number): string => `${value} with ${size === 1 ? 'one worker' : `${size} workers`}`
  return (
    <div className="charts">
      <Card title="Speed-up" actions={<LawKeys amdahl ideal />}>
        <XYChart
          label={`Speed-up by pool size: ${runs.map((run) => at(formatTimes(run.speedup), run.poolSize)).join(', ')}`}
          xTitle="Pool size"
          marks="dots"
          format={(times) => `${formatRate(times)}×`}
          curves={[
            {
              key: 'ideal',
              kind: 'ideal',
              hue: 4,
              points: [
                [1, 1],
                [max, max],
              ],
            },
            { key: 'usl', kind: 'fitted', hue: USL_HUE, points: curve((size) => uslSpeedup(fit, size), max) },
            // On top, for where there is no coherency cost it lies upon the other, and dashes let that one through.
            { key: 'amdahl', kind: 'fitted', hue: AMDAHL_HUE, dash: AMDAHL_DASH, points: curve((size) => amdahlSpeedup(fit, size), max) },
          ]}
          points={runs.map((run) => ({
            x: run.poolSize,
            y: run.speedup,
            hue: seriesHue(run.poolSize),
            title: at(formatTimes(run.speedup), run.poolSize),
          }))}
        />
      </Card>
      <Card title="Time">
        <XYChart
          label={`Time by pool size: ${runs.map((run) => at(formatDuration(run.seconds * 1000), run.poolSize)).join(', ')}`}
          xTitle="Pool size"
          marks="bars"
          format={(seconds) => formatDuration(seconds * 1000)}
          curves={[]}
          points={runs.map((run) => ({
            x: run.poolSize,
            y: run.seconds,
            hue: seriesHue(run.poolSize),
            title: at(formatDuration(run.seconds * 1000), run.poolSize),
          }))}
        />
      </Card>
      <Card title="Throughput" actions={<LawKeys />}>
        <XYChart
          label={`Tasks per second by pool size: ${runs.map((run) => at(formatRate(run.tasksPerSecond), run.poolSize)).join(', ')}`}
          xTitle="Pool size"
          marks="dots"
          format={formatRate}
          curves={[{ key: 'usl', kind: 'fitted', hue: USL_HUE, points: curve((size) => uslThroughput(fit, size), max) }]}
          points={runs.map((run) => ({
            x: run.poolSize,
            y: run.tasksPerSecond,
            hue: seriesHue(run.poolSize),
            title: at(`${formatRate(run.tasksPerSecond)} tasks/s`, run.poolSize),
          }))}
        />
      </Card>
    </div>
  )
}

function LawKeys({ amdahl = false, ideal = false }: { readonly amdahl?: boolean; readonly ideal?: boolean }) {
  return (
    <ul className="legend-keys">
      {ideal ? (
        <li>
          <svg className="swatch swatch-ideal" width="18" height="8" aria-hidden="true">
            <line x1="0" y1="4" x2="18" y2="4" />
          </svg>
          Ideal
        </li>
      ) : null}
      {amdahl ? (
        <li>
          <Swatch hue={AMDAHL_HUE} dash={AMDAHL_DASH} />
          Amdahl
        </li>
      ) : null}
      <li>
        <Swatch hue={USL_HUE} />
        <abbr title="Universal Scalability Law">USL</abbr>
      </li>
    </ul>
  )
}
