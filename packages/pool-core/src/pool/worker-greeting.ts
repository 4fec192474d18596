import type { MessagePort } from 'node:worker_threads'
import type { WorkerSetup } from './worker-backend.ts'

/** The file descriptor under which a worker process finds the pipe to its pool: the first behind standard input, output and error. */
export const LINK_DESCRIPTOR = 3

/** The file descriptor of the memory for the rings between them, where there is one. */
export const RING_DESCRIPTOR = 4

/** The first frame to a worker process. */
export interface ProcessGreeting {
  readonly setup: WorkerSetup
  /** Where koffi's binary is, if the pool has found it. */
  readonly koffi: string | undefined
}

/** The last argument of a worker process which the kernel ends with its parent. */
export const DIES_WITH_PARENT = 'dies-with-parent'

/** How JSON begins, and structured clone does not. */
const BRACE = 0x7b

/** As JSON where that carries it: what does structured clone takes each process 0.5 ms to load. */
export function greetingFrame(greeting: ProcessGreeting): Uint8Array {
  if (greeting.setup.initializerArguments.length === 0) return Buffer.from(JSON.stringify(greeting))
  return process.getBuiltinModule('node:v8').serialize(greeting)
}

export function readGreeting(frame: Uint8Array): ProcessGreeting {
  if (frame[0] === BRACE) return JSON.parse(new TextDecoder().decode(frame)) as ProcessGreeting
  return process.getBuiltinModule('node:v8').deserialize(frame) as ProcessGreeting
}

/** What a worker thread is started with. */
export interface ThreadGreeting {
  readonly setup: WorkerSetup
  readonly port: MessagePort
  /** For notes with buffers, and for the memory of rings when it is offered. */
  readonly notePort: MessagePort
}
