/**
 * The program of a forked worker: loads the task modules, connects back to the coordinator that forked it, runs shards until it is told
 * to stop, and ends at once, silently, when its coordinator is gone.
 */
import process from 'node:process'
import { runWorker } from './run-worker.ts'

await runWorker(process.env)
