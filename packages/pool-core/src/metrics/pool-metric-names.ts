/** What a metric is, without the prefix of its name; beside its labels stand those that the program adds. */
export interface PoolMetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

export type PoolMetricName =
  | 'pool_size'
  | 'workers'
  | 'workers_started_total'
  | 'worker_restarts_total'
  | 'worker_memory_bytes'
  | 'batches_open'
  | 'tasks_queued'
  | 'tasks_running'
  | 'tasks_total'
  | 'task_runs_total'
  | 'task_retries_total'
  | 'task_run_seconds_total'
  | 'task_queue_wait_seconds'
  | 'task_run_seconds'
  | 'shard_round_trip_seconds'

/**
 * The only list of the metrics of a local pool. Where the coordinator has one of the same name, it means the same. Labels beside `pool`: `state`,
 * `outcome`, `reason`, and `task`, the name of a task function, of which modules have a limited number.
 */
export const POOL_METRICS: Readonly<Record<PoolMetricName, PoolMetricEntry>> = {
  pool_size: { type: 'gauge', labels: ['pool'], help: 'Workers that may compute for the pool at once.' },
  workers: { type: 'gauge', labels: ['pool', 'state'], help: 'Workers: starting, idle, busy, stopping, standby.' },
  workers_started_total: { type: 'counter', labels: ['pool'], help: 'Workers that were started.' },
  worker_restarts_total: {
    type: 'counter',
    labels: ['pool', 'reason'],
    help: 'Workers that ended unasked (lost), or were replaced after so many tasks (tasks), or for their memory (memory).',
  },
  worker_memory_bytes: { type: 'gauge', labels: ['pool'], help: 'Memory of the workers together, where the pool has a memoryLimitMb.' },
  batches_open: { type: 'gauge', labels: ['pool'], help: 'Calls that have not ended.' },
  tasks_queued: { type: 'gauge', labels: ['pool'], help: 'Tasks that wait for a worker.' },
  tasks_running: { type: 'gauge', labels: ['pool'], help: 'Tasks that a worker holds.' },
  tasks_total: { type: 'counter', labels: ['pool', 'outcome'], help: 'Tasks settled for good: completed, failed, cancelled.' },
  task_runs_total: {
    type: 'counter',
    labels: ['pool', 'task', 'outcome'],
    help: 'Runs of the tasks of each function, again and again counted: succeeded, failed.',
  },
  task_retries_total: { type: 'counter', labels: ['pool', 'task'], help: 'Runs of the tasks of each function after a failed one.' },
  task_run_seconds_total: { type: 'counter', labels: ['pool', 'task'], help: 'Time that workers spent on the tasks of each function.' },
  task_queue_wait_seconds: { type: 'histogram', labels: ['pool'], help: 'From the arrival of a task in the pool to its first worker.' },
  task_run_seconds: {
    type: 'histogram',
    labels: ['pool'],
    help: 'Time of one run in a worker; each task of a shard counts with the mean of its shard.',
  },
  shard_round_trip_seconds: { type: 'histogram', labels: ['pool'], help: 'From when a worker was given a shard to its answer.' },
}
