import type { WorkerProcess } from './worker-process.ts'

const MEBIBYTE = 1024 * 1024

/** What one worker may take before it is ended. `undefined`: as much as it likes. */
export interface WorkerLimits {
  /** A worker that is not ready by then is ended: its module hangs while it loads. */
  readonly startTimeoutMs: number
  /** Resident memory above which it is killed, MiB. */
  readonly memoryMb: number | undefined
  /** Resident memory above which it is replaced once it holds nothing, MiB. */
  readonly memoryRecycleMb: number | undefined
}

/** Whether a worker that takes `bytes` must be killed: why, for people. */
export function memoryExcess(bytes: number, { memoryMb }: WorkerLimits): string | undefined {
  if (memoryMb === undefined || bytes <= memoryMb * MEBIBYTE) return undefined
  return `it took ${Math.round(bytes / MEBIBYTE)} MiB of memory, more than the ${memoryMb} that a worker may take (--worker-memory-mb)`
}

/** Whether a worker takes so much memory that another is to take its place. */
export function isTired({ residentBytes }: Pick<WorkerProcess, 'residentBytes'>, { memoryRecycleMb }: WorkerLimits): boolean {
  return memoryRecycleMb !== undefined && residentBytes !== undefined && residentBytes > memoryRecycleMb * MEBIBYTE
}
