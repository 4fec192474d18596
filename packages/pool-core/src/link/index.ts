/** The door `./link`: the way between a pool and one worker. */
export { sendTo } from './send-to.ts'
export type { LinkClosed, WorkerLink } from './worker-link.ts'
