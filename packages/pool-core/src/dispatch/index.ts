/** What stands between a scheduler and its workers, the same in a coordinator and in a local pool. */
export { rangesOfFailures, splitRanges } from './split-ranges.ts'
export type { SettledRange } from './split-ranges.ts'
export { StepOutcome } from './step-outcome.ts'
export { StepQueue } from './step-queue.ts'
export { TaskCatalogue } from './task-catalogue.ts'
export { taskFailureOf } from './task-failure.ts'
