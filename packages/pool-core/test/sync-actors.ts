import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Handle, MemoryKind } from '../src/sync/index.ts'
import type { ActorReply } from './sync-actor.ts'

/** Both columns of docs/conformance.md: between threads of one process, and between processes. */
export const KINDS: readonly MemoryKind[] = ['thread', 'process']

/** A primitive as another thread or process has it. */
export interface Remote {
  call<Value = unknown>(method: string, ...args: readonly unknown[]): Promise<Value>
}

/** Another thread or process, in which the tests call primitives, blocking ones too. */
export class Actor {
  readonly #port: Worker | ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  #calls = 0
  #objects = 0

  private constructor(port: Worker | ChildProcess) {
    this.#port = port
    ;(port as Worker).on('message', ({ id, value, error }: ActorReply) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.resolve(value)
      else waiting?.reject(Object.assign(new Error(error.message), error))
    })
  }

  static start(kind: MemoryKind): Actor {
    const file = new URL('./sync-actor.ts', import.meta.url)
    const execArgv = ['--conditions=forkpool-source']
    return new Actor(kind === 'thread' ? new Worker(file, { execArgv }) : fork(file, { execArgv, serialization: 'advanced' }))
  }

  static startMany(kind: MemoryKind, count: number): Actor[] {
    return Array.from({ length: count }, () => Actor.start(kind))
  }

  async attach(handle: Handle): Promise<Remote> {
    const object = ++this.#objects
    const call = <Value>(method: string, ...args: readonly unknown[]): Promise<Value> =>
      new Promise<Value>((resolve, reject) => {
        const id = ++this.#calls
        this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
        if (this.#port instanceof Worker) this.#port.postMessage({ id, object, method, args })
        // A process that was killed a moment ago takes no message any more: the call says so, rather than an event of the process.
        else this.#port.send({ id, object, method, args }, (error) => error !== null && reject(error))
      })
    await call('attach', handle)
    return { call }
  }

  /** Ends it at once, whatever it does: SIGKILL for a process. */
  async kill(): Promise<void> {
    if (this.#port instanceof Worker) await this.#port.terminate()
    else if (this.#port.exitCode === null && this.#port.signalCode === null) {
      const exited = once(this.#port, 'exit')
      this.#port.kill('SIGKILL')
      await exited
    }
  }

  /** Lets it end by itself. */
  async stop(): Promise<void> {
    if (this.#port instanceof Worker) await this.#port.terminate()
    else if (this.#port.connected) {
      const exited = once(this.#port, 'exit')
      this.#port.disconnect()
      await exited
    }
  }
}

/** Looks every turn of the loop until `condition` holds. `what` is said where it never does. */
export async function until(condition: () => boolean | Promise<boolean>, what: () => string = () => String(condition)): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within 20 s: ${what()}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Entries of `/dev/shm` that are Forkpool's. */
export function shmEntries(): string[] {
  return readdirSync('/dev/shm').filter((name) => name.startsWith('forkpool.'))
}
