import { Counter, Rate, Trend } from 'k6/metrics'

/** Tasks of batches that were accepted. */
export const tasksSent = new Counter('forkpool_tasks_sent')
/** Tasks that came back with a value, and with an error. */
export const tasksCompleted = new Counter('forkpool_tasks_completed')
export const tasksFailed = new Counter('forkpool_tasks_failed')
/** Sessions and batches that ended otherwise than they should: lost, late, refused. */
export const faults = new Counter('forkpool_faults')
/** From `submit` to the last result. */
export const batchTime = new Trend('forkpool_batch_time', true)
/** From the connection's opening to `welcome`. */
export const welcomeTime = new Trend('forkpool_welcome_time', true)
/** Batches whose results are what they should be. */
export const batchesRight = new Rate('forkpool_batches_right')
