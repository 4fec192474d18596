import type { Advice, TaskMeasurements, WayFigures } from './advice.ts'

/** A pool has to be so many times as fast as the program alone: below, it is not worth its workers. */
const POOL_PAYS = 1.2

/** Threads that are nearly as fast as processes are preferred: they start sooner, take less memory, and share it. */
const NEARLY = 0.85

/** Below this share of processor time a task waits rather than computes. */
const WAITS = 0.5

/** More workers than this for tasks that block a thread each are not advised on the word of a short measurement. */
const BLOCKED_WORKERS_MAX = 64

/** What the figures say. No I/O: the same figures, the same advice. */
export function decide(task: string, measured: TaskMeasurements): Advice {
  const { async: alone, threads, processes } = measured
  const threadRate = 'failed' in threads ? 0 : threads.tasksPerSecond
  const isThreads = threadRate > 0 && threadRate >= NEARLY * processes.tasksPerSecond
  const pool = isThreads && !('failed' in threads) ? threads : processes
  if (alone.tasksPerSecond * POOL_PAYS >= pool.tasksPerSecond) {
    const reasons = [describeTask(measured), whyAlone(measured, pool, isThreads)]
    return { task, recommended: 'async', size: 1, concurrency: alone.concurrency, reasons, measured }
  }
  // Each worker runs several at once where that is what made the program alone faster.
  const concurrency = alone.concurrency
  const isBlocking = measured.cpuShare < WAITS && concurrency === 1
  const size = isBlocking ? Math.min(BLOCKED_WORKERS_MAX, Math.ceil(measured.cores / Math.max(measured.cpuShare, 0.01))) : pool.size
  return {
    task,
    recommended: isThreads ? 'threads' : 'processes',
    size,
    concurrency,
    reasons: [
      describeTask(measured),
      `${pool.size} ${isThreads ? 'threads' : 'processes'} are ${times(pool.speedup)} as fast as one task after the other.`,
      ...(isBlocking
        ? [`It blocks its thread while it waits, so more workers than cores pay: ${size} keep ${measured.cores} cores busy.`]
        : []),
      ...(concurrency > 1 ? [`It lets its thread go while it waits, so each worker should run ${concurrency} at once.`] : []),
      whyThreadsOrProcesses(measured, isThreads),
      describePayload(measured),
    ],
    measured,
  }
}

function describeTask({ taskMs, cpuShare, loopShare }: TaskMeasurements): string {
  // The engine's own threads, which compile and collect, may take it above the whole.
  const share = percent(Math.min(1, cpuShare))
  const head = `A task takes ${duration(taskMs)}, ${share} of it on a processor`
  if (cpuShare < WAITS) return `${head}: it waits.`
  if (loopShare < WAITS) return `${head}, most of that outside of JavaScript's thread: it computes in the background.`
  return `${head}: it computes.`
}

function whyAlone(measured: TaskMeasurements, pool: WayFigures, isThreads: boolean): string {
  const { async: alone, taskMs } = measured
  const name = isThreads ? 'threads' : 'processes'
  if (alone.concurrency > 1)
    return `${alone.concurrency} at once in one program are ${times(alone.speedup)} as fast as one after the other, ${pool.size} ${name} ${times(pool.speedup)}: a pool is not needed.`
  if (measured.cores === 1) return 'There is one core only: a pool cannot compute more, though it keeps the event loop free.'
  const extra = pool.taskMs * pool.size - taskMs
  const cost = extra > taskMs / 10 ? `, since to share a task out costs ${duration(extra)}` : ''
  return `${pool.size} ${name} are ${times(pool.speedup)} as fast as one task after the other${cost}: a pool does not pay, unless the event loop must stay free.`
}

function whyThreadsOrProcesses({ threads, processes }: TaskMeasurements, isThreads: boolean): string {
  if ('failed' in threads) return `It cannot run in threads: ${threads.failed}`
  const compared = `threads take ${duration(threads.taskMs)} a task and ${duration(threads.startMs)} to start, processes ${duration(processes.taskMs)} and ${duration(processes.startMs)}`
  return isThreads
    ? `Threads rather than processes: ${compared}. Processes are for tasks that may crash.`
    : `Processes rather than threads: ${compared}.`
}

function describePayload({ payload, taskMs }: TaskMeasurements): string {
  const { argumentBytes, resultBytes, costMs } = payload
  const share = costMs / (taskMs + costMs)
  const what = `Its arguments take ${bytes(argumentBytes)}, its result ${bytes(resultBytes)}, and ${duration(costMs)} to encode and decode`
  return share > 0.1 ? `${what}, ${percent(share)} of the whole: share what is large (SharedMemory).` : `${what}.`
}

function times(factor: number): string {
  return `${factor >= 10 ? factor.toFixed(0) : factor.toFixed(1)} times`
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? 'under 1 %' : `${Math.round(share * 100)} %`
}

function duration(ms: number): string {
  if (ms < 0.001) return `${(ms * 1e6).toFixed(0)} ns`
  if (ms < 1) return `${Number((ms * 1e3).toPrecision(2))} µs`
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

function bytes(count: number): string {
  return count < 1_000 ? `${Math.round(count)} bytes` : count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`
}
