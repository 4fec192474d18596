/** What a metric is; `labels` in the order in which they are set. */
export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

/**
 * The only list of the metrics that Forkpool defines. Dashboards and alert rules are checked against it. prom-client adds its
 * `process_…` and `nodejs_…` figures of the coordinator. No label ever holds a task, batch or process id, or text of a user's.
 */
export const METRICS = {
  forkpool_build_info: { type: 'gauge', labels: ['version'], help: '1, with the version of the coordinator.' },
  forkpool_tasks_total: {
    type: 'counter',
    labels: ['pool', 'pool_size', 'outcome'],
    help: 'Tasks settled for good: completed, failed, quarantined (their worker died each time) or cancelled.',
  },
  forkpool_task_attempts_total: {
    type: 'counter',
    labels: ['pool', 'reason'],
    help: 'Tasks given to a worker: first, or retry after a failure or a lost worker.',
  },
  forkpool_task_duplicates_total: {
    type: 'counter',
    labels: ['pool', 'where'],
    help: 'Results that came twice and were dropped: at the record, or late from a worker that had lost the shard.',
  },
  forkpool_tasks_queued: { type: 'gauge', labels: ['pool'], help: 'Tasks that wait for a worker.' },
  forkpool_tasks_running: { type: 'gauge', labels: ['pool'], help: 'Tasks that a worker holds.' },
  forkpool_task_queue_wait_seconds: {
    type: 'histogram',
    labels: ['pool'],
    help: 'From the arrival of a task at the coordinator to its first or next worker.',
  },
  forkpool_task_run_seconds: {
    type: 'histogram',
    labels: ['pool'],
    help: 'Time in the task function; each task of a shard counts with the mean of its shard.',
  },
  forkpool_shard_run_seconds: {
    type: 'histogram',
    labels: ['pool'],
    help: 'Time that a worker spent on a shard, with decoding and encoding.',
  },
  forkpool_shard_overhead_seconds: {
    type: 'histogram',
    labels: ['pool', 'phase'],
    help: 'Time that a worker spent on a shard outside the task function: deserialize, serialize.',
  },
  forkpool_batch_seconds: { type: 'histogram', labels: ['pool'], help: 'From the submission of a batch to its last result.' },
  forkpool_batches_open: { type: 'gauge', labels: ['pool'], help: 'Batches that have not ended.' },
  forkpool_slots: { type: 'gauge', labels: ['pool', 'state'], help: 'Of the workers that a pool may use at once: busy, idle.' },
  forkpool_slot_busy_seconds_total: { type: 'counter', labels: ['pool'], help: 'Time that workers spent on tasks of the pool.' },
  forkpool_pool_size: { type: 'gauge', labels: ['pool'], help: 'Workers that may compute for the pool at once.' },
  forkpool_workers: { type: 'gauge', labels: ['state'], help: 'Worker processes: starting, idle, busy, stopping.' },
  forkpool_worker_restarts_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Workers that ended: exit and signal unasked, the others ended by the coordinator.',
  },
  forkpool_worker_resident_memory_bytes: { type: 'gauge', labels: [], help: 'Resident memory of all workers together.' },
  forkpool_event_loop_lag_seconds: { type: 'gauge', labels: ['role'], help: 'How late the last timer of the coordinator ran.' },
  forkpool_ws_connections: { type: 'gauge', labels: ['role'], help: 'Open WebSocket connections: client, worker.' },
  forkpool_ws_handshake_rejected_total: { type: 'counter', labels: ['reason'], help: 'Connections refused before they were sessions.' },
  forkpool_refused_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Connections, requests and messages refused. The reason is the setting that was reached (`frame_bytes_max` is --frame-bytes-max), or host, origin, token, role, path, subprotocol, full, engine (the disk does not take it), bad_batch, bad_frame, bad_message, bad_request.',
  },
  forkpool_ws_closed_total: { type: 'counter', labels: ['code'], help: 'Client connections that ended, by WebSocket close code.' },
  forkpool_ws_send_buffer_bytes: {
    type: 'gauge',
    labels: ['role'],
    help: 'Bytes written to client connections that the other side has not taken.',
  },
  forkpool_ledger_unaccounted: {
    type: 'gauge',
    labels: ['pool'],
    help: 'Tasks of ended batches that have neither a result nor were cancelled. Anything but 0 is a fault.',
  },
} as const satisfies Record<string, MetricEntry>

export type MetricName = keyof typeof METRICS
