import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Machine } from './machine.ts'

/** A goal, and whether this run reached it. */
export interface Goal {
  readonly what: string
  readonly measured: number
  readonly wanted: string
  readonly reached: boolean
}

/** What a bench found; written to bench/results on request. */
export interface BenchResult {
  readonly bench: string
  readonly measuredAt: string
  readonly machine: Machine
  readonly goals: readonly Goal[]
  readonly figures: Readonly<Record<string, unknown>>
}

/** A line per goal. */
export function renderGoals(goals: readonly Goal[]): string {
  return goals.map((goal) => `${goal.reached ? 'reached' : 'MISSED '}  ${goal.what}: ${goal.measured} (goal: ${goal.wanted})`).join('\n')
}

/** Writes bench/results/NAME.json and returns its path. */
export function saveResult(result: BenchResult): string {
  const file = fileURLToPath(new URL(`../results/${result.bench}.json`, import.meta.url))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`)
  return file
}
