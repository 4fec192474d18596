import { parentPort } from 'node:worker_threads'
import { attach } from '../src/sync/index.ts'

/** One call that the test makes in another thread or process. */
export interface ActorCall {
  readonly id: number
  readonly object: number
  /** `attach` with a handle as the only argument, or a method or property of the object. */
  readonly method: string
  readonly args: readonly unknown[]
}

/** Its answer. */
export interface ActorReply {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly name: string; readonly code: string | undefined; readonly message: string } | undefined
}

const objects = new Map<number, Record<string, unknown>>()

async function run(call: ActorCall): Promise<unknown> {
  const { object, method, args } = call
  if (method === 'attach') {
    objects.set(object, attach(args[0] as never) as unknown as Record<string, unknown>)
    return undefined
  }
  const target = objects.get(object)
  const member = target?.[method]
  const value = typeof member === 'function' ? await (member as (...args: readonly unknown[]) => unknown).apply(target, [...args]) : member
  // A guard stays here: what it holds is released by calling release.
  return value !== null && typeof value === 'object' && 'ownerDied' in value ? { held: true, ownerDied: value.ownerDied } : value
}

async function answer(call: ActorCall): Promise<ActorReply> {
  try {
    return { id: call.id, value: await run(call) }
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string }
    return { id: call.id, error: { name, message, code } }
  }
}

if (parentPort !== null) {
  const port = parentPort
  port.on('message', (call: ActorCall) => void answer(call).then((reply) => port.postMessage(reply)))
} else {
  process.on('message', (call: ActorCall) => void answer(call).then((reply) => process.send?.(reply)))
  process.on('disconnect', () => process.exit(0))
}
