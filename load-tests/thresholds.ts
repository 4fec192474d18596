/**
 * The promises that a run must keep; k6 exits with 99 when one is broken. In one file, so that they are seen together.
 * Times are generous: they tell a service that hangs from one that works on a small busy machine. `npm run bench` measures speed.
 */

/** What one iteration of the smoke scenario sends: tasks that complete, and tasks that fail on purpose. */
export const SMOKE_ITERATIONS = 20
export const SMOKE_COMPLETED = 1000 + 300 + 1 + 50 + 60 + 70
export const SMOKE_FAILED = 3

/** Every answer of every batch is right, no connection is lost, and all of it was done. */
export const SMOKE_THRESHOLDS = {
  checks: ['rate==1'],
  iterations: [`count==${SMOKE_ITERATIONS}`],
  forkpool_batches_right: ['rate==1'],
  forkpool_tasks_completed: [`count==${SMOKE_ITERATIONS * SMOKE_COMPLETED}`],
  forkpool_tasks_failed: [`count==${SMOKE_ITERATIONS * SMOKE_FAILED}`],
  forkpool_faults: ['count==0'],
  forkpool_welcome_time: ['p(95)<2000'],
  forkpool_batch_time: ['p(95)<5000'],
}

/** Under load the answers stay right, and nobody waits for ever. */
export const THROUGHPUT_THRESHOLDS = {
  checks: ['rate==1'],
  forkpool_batches_right: ['rate==1'],
  // The first one ends the run: what follows would say nothing more.
  forkpool_faults: [{ threshold: 'count==0', abortOnFail: true }],
  forkpool_batch_time: ['p(95)<10000'],
  forkpool_tasks_completed: ['rate>1000'],
}
