/**
 * What part of time the chart shows: it follows the newest sample, or stands where the reader put it. A zoom or a pan always wins over
 * following; only the reader goes back to following.
 */
export type ChartView =
  | { readonly kind: 'follow'; readonly windowMs: number }
  | { readonly kind: 'fixed'; readonly from: number; readonly to: number; readonly windowMs: number }

export const WINDOWS_MINUTES = [1, 5, 15] as const
export const VIEW_INITIAL: ChartView = { kind: 'follow', windowMs: 5 * 60_000 }

/** Ten seconds are ten points: less is no chart. */
const SPAN_MIN_MS = 10_000

/** The stretch of time on the chart. */
export function domainOf(view: ChartView, newest: number): readonly [number, number] {
  return view.kind === 'fixed' ? [view.from, view.to] : [newest - view.windowMs, newest]
}

/** Shows the stretch between two moments, in any order. A stretch that is too short grows around its middle. */
export function zoomTo(view: ChartView, a: number, b: number): ChartView {
  const middle = (a + b) / 2
  const half = Math.max(Math.abs(a - b), SPAN_MIN_MS) / 2
  return { kind: 'fixed', from: middle - half, to: middle + half, windowMs: view.windowMs }
}

/** Zooms by a factor around a moment; below 1 shows less time. Never more than the longest window. */
export function zoomBy(view: ChartView, newest: number, factor: number, around: number): ChartView {
  const [from, to] = domainOf(view, newest)
  const span = Math.min(Math.max((to - from) * factor, SPAN_MIN_MS), 15 * 60_000)
  const share = to === from ? 0.5 : (around - from) / (to - from)
  const start = around - share * span
  return { kind: 'fixed', from: start, to: start + span, windowMs: view.windowMs }
}

/** Moves along by a share of what is shown; not beyond the newest sample. */
export function panBy(view: ChartView, newest: number, share: number): ChartView {
  const [from, to] = domainOf(view, newest)
  const shift = Math.min((to - from) * share, Math.max(0, newest - to))
  return { kind: 'fixed', from: from + shift, to: to + shift, windowMs: view.windowMs }
}

/** Back to the newest sample, with the window chosen last. */
export function follow(view: ChartView, windowMs: number = view.windowMs): ChartView {
  return { kind: 'follow', windowMs }
}
