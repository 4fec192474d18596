/** Round values from 0 to at least `max`, about `count` of them; the last one is the axis's end. An empty axis ends at 1. */
export function valueTicks(max: number, count: number): readonly number[] {
  const end = max > 0 && Number.isFinite(max) ? max : 1
  const step = roundStep(end / Math.max(1, count))
  const steps = Math.ceil(end / step - 1e-9)
  // Multiplied, not added up: 0.1 + 0.1 + 0.1 is not 0.3.
  return Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)))
}

/** The next of 1, 2, 2.5, 5, 10 times a power of ten. Source: P. Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step))
  const share = step / power
  const nice = [1, 2, 2.5, 5, 10].find((candidate) => share <= candidate + 1e-9) ?? 10
  return nice * power
}

const TIME_STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * 1000)

/** Full minutes or seconds within a stretch of time, about `count` of them. `zoneOffsetMs` makes them full in the reader's own zone. */
export function timeTicks(from: number, to: number, count: number, zoneOffsetMs = 0): readonly number[] {
  const wanted = (to - from) / Math.max(1, count)
  const step = TIME_STEPS_MS.find((candidate) => candidate >= wanted) ?? Math.ceil(wanted / 3_600_000) * 3_600_000
  const first = Math.ceil((from + zoneOffsetMs) / step) * step - zoneOffsetMs
  const ticks: number[] = []
  for (let tick = first; tick <= to; tick += step) ticks.push(tick)
  return ticks
}
