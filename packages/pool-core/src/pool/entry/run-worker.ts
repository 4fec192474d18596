import type { MessagePort } from 'node:worker_threads'
import { after, ForkpoolError, systemClock } from '../../base/index.ts'
import { isNote, NoteChannel } from '../../link/note-channel.ts'
import type { PoolNote, WorkerNote } from '../../link/note-channel.ts'
import type { WorkerLink } from '../../link/worker-link.ts'
import { toWireError } from '../../protocol/index.ts'
import { loadTaskModules } from '../../task/index.ts'
import type { TaskRegistry } from '../../task/index.ts'
import { sayLastWords, WorkerSession } from '../../worker/index.ts'
import type { WorkerNotes } from '../../worker/index.ts'
import { loadProgram } from '../../package-files.ts'
import { reviveHandles } from '../live-handles.ts'
import type { WorkerSetup } from '../worker-backend.ts'
import { TASK_POOLS_DOOR } from './entry-urls.ts'

type TaskPoolsDoor = typeof import('../../nested/task-pools.ts')

/** The end of a link that the pool does not confirm is not waited for longer. */
const CLOSE_TIMEOUT_MS = 1_000

export interface WorkerRun {
  readonly setup: WorkerSetup
  readonly link: WorkerLink
  /** For notes with buffers in them: of threads only. */
  readonly notePort?: MessagePort | undefined
  /** How much memory the worker takes, bytes. */
  readonly measure: () => number
  /** Called with the first frame. */
  readonly onFirstFrame: () => void
  /** Ends the worker, at once. */
  readonly exit: (code: number) => never
}

/** Runs a worker of a local pool: loads its modules, says that it is ready, and runs shards until it is told to stop. */
export async function runWorker({ setup, link, notePort, measure, onFirstFrame, exit }: WorkerRun): Promise<{ describeRun(): string }> {
  const end = (code: number, reason: string): void => {
    link.onClose(() => exit(code))
    link.onFrame(() => {})
    link.close(reason)
    systemClock.schedule(after(systemClock.now(), CLOSE_TIMEOUT_MS), () => exit(code))
  }
  link.onClose(() => exit(0))
  const channel = new NoteChannel<WorkerNote, PoolNote>(link, notePort)
  let registry: TaskRegistry
  try {
    registry = await loadTaskModules(setup.modules)
    if (setup.initializer !== undefined) await callHook(registry, 'initializer', setup.initializer, setup.initializerArguments)
  } catch (thrown) {
    channel.send({ kind: 'broken', error: toWireError(thrown) })
    end(1, 'the worker cannot be set up')
    return { describeRun: () => '' }
  }
  const { concurrency, abandonAfterMs } = setup
  reviveHandles()
  const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const session = new WorkerSession({
    link: setup.measuresMemory === true ? measuredLink(link, measure) : link,
    workerId: setup.workerId,
    host: { registry, clock: systemClock, nextTurn, attaches: channel.attaches },
    concurrency,
    abandonAfterMs,
    notes: { channel, ...taskPools(channel) },
    onStopped: () => void finish(registry, setup).finally(() => end(0, 'stopped')),
    onGarbage: (thrown) => {
      sayLastWords(`forkpool worker ${setup.workerId} ends: its pool sent what is no message: ${(thrown as Error).message}`)
      end(1, 'not a message')
    },
  })
  let isFirst = true
  link.onFrame((frame) => {
    if (isFirst) onFirstFrame()
    isFirst = false
    session.receive(frame)
  })
  channel.send({ kind: 'ready', tasks: registry.names() })
  return session
}

/** The pool as tasks see it. Loaded when the first task asks for it: it is a third of a worker's code, and most workers never need it. */
function taskPools(channel: NoteChannel<WorkerNote, PoolNote>): Pick<WorkerNotes, 'poolOf' | 'onAnswer'> {
  let pools: InstanceType<TaskPoolsDoor['TaskPools']> | undefined
  return {
    poolOf: (context, shard) => {
      if (pools === undefined) {
        const { TaskPools } = loadProgram(TASK_POOLS_DOOR) as TaskPoolsDoor
        pools = new TaskPools(channel, systemClock)
      }
      return pools.of(context, shard)
    },
    onAnswer: (answer) => pools?.take(answer),
  }
}

/** The link, with a word on the worker's memory before each report. */
function measuredLink(link: WorkerLink, measure: () => number): WorkerLink {
  const notes = new NoteChannel<WorkerNote, PoolNote>(link, undefined)
  return {
    send: (frame) => {
      if (!isNote(frame)) notes.send({ kind: 'memory', bytes: measure() })
      link.send(frame)
    },
    flush: () => link.flush(),
    onFrame: (handler) => link.onFrame(handler),
    onClose: (handler) => link.onClose(handler),
    close: (reason) => link.close(reason),
  }
}

async function finish(registry: TaskRegistry, { finalizer, workerId }: WorkerSetup): Promise<void> {
  if (finalizer === undefined) return
  try {
    await callHook(registry, 'finalizer', finalizer, [])
  } catch (thrown) {
    sayLastWords(`forkpool worker ${workerId}: ${(thrown as Error).message}`)
  }
}

async function callHook(registry: TaskRegistry, what: string, name: string, args: readonly unknown[]): Promise<void> {
  const hook = registry.get(name)
  if (hook === undefined) throw new ForkpoolError('TASK_MODULE', `the ${what} "${name}" is not exported by the task modules`)
  try {
    await hook(...args)
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw new ForkpoolError('TASK_MODULE', `the ${what} "${name}" threw: ${why}`, { cause: thrown })
  }
}
