/** The program of a worker thread. An error that nobody catches ends the thread, and reaches the pool as the thread's `error`. */
import process from 'node:process'
import { workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { MessagePortLink } from '../../link/message-port-link.ts'
import type { WorkerSetup } from '../worker-backend.ts'
import { runWorker } from './run-worker.ts'

const { setup, port } = workerData as { readonly setup: WorkerSetup; readonly port: MessagePort }

await runWorker({ setup, link: new MessagePortLink(port), onFirstFrame: () => {}, exit: (code) => process.exit(code) })
