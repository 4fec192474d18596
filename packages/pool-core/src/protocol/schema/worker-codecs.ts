import type { CoordinatorMessage, WorkerMessage } from '../worker-messages.ts'
import { MessageCodec } from './message-codec.ts'
import { COORDINATOR_MESSAGES, WORKER_MESSAGES } from './worker-schema.ts'

/** The messages between workers and their pool, as their tables have them. */
export const workerMessages: MessageCodec<WorkerMessage> = new MessageCodec(WORKER_MESSAGES)
export const coordinatorMessages: MessageCodec<CoordinatorMessage> = new MessageCodec(COORDINATOR_MESSAGES)
