import type { Goal } from '../measure/report.ts'

/** What one part of the bench found. */
export interface Section {
  readonly goals: readonly Goal[]
  readonly figures: unknown
}

export function atLeast(what: string, measured: number, wanted: number): Goal {
  return { what, measured: round(measured), wanted: `${wanted} or more`, reached: measured >= wanted }
}

export function atMost(what: string, measured: number, wanted: number): Goal {
  return { what, measured: round(measured), wanted: `${wanted} at most`, reached: measured <= wanted }
}

export function under(what: string, measured: number, wanted: number): Goal {
  return { what, measured: round(measured), wanted: `under ${wanted}`, reached: measured < wanted }
}

/** Two digits behind the point. */
export function round(value: number): number {
  return Math.round(value * 100) / 100
}
