import module from 'node:module'
import process from 'node:process'
import { after, systemClock } from '@forkpool/pool-core/base'
import type { WorkerLink } from '@forkpool/pool-core/link'
import { encodeWorkerMessage, toWireError } from '@forkpool/pool-core/protocol'
import { loadTaskModules } from '@forkpool/pool-core/task'
import type { TaskRegistry } from '@forkpool/pool-core/task'
import { endOnStrayErrors, isOrphan, sayLastWords, startWatchdog, WorkerSession } from '@forkpool/pool-core/worker'
import { LoopPoll } from '../link/loop-poll.ts'
import { connectWorkerLink } from '../link/connect-worker-link.ts'
import * as builtIn from '../tasks/index.ts'
import { allowTaskRoots } from '../tasks/task-roots.ts'
import { sealWorker } from './seal-worker.ts'
import { decodeWorkerEnvironment } from './worker-environment.ts'
import type { WorkerEnvironment } from './worker-environment.ts'

/** What can wait, because it takes a core for 50 ms, waits so long after `ready`: until the other workers of the pool have started too. */
const SETTLED_AFTER_MS = 1_000

/** The end of a link that the coordinator does not confirm is not waited for longer. */
const CLOSE_TIMEOUT_MS = 1_000

/** A shard of so few bytes is likely a single call, and the next one may follow it at once. */
const SMALL_FRAME_BYTES = 4096

/** Exit codes: how a worker ends by itself. One that lost its coordinator ends with 0 or by SIGKILL. */
const EXIT = { stopped: 0, failed: 1, notForked: 2 } as const

/** Runs a worker, from `ready` to the end of the process. */
export async function runWorker(variables: NodeJS.ProcessEnv): Promise<void> {
  const environment = readEnvironment(variables)
  const { workerId, primaryPid } = environment
  const orphaned = (): boolean => isOrphan(primaryPid)
  let describeRun = (): string => ' while its task modules loaded'
  leaveSignalsToTheCoordinator(orphaned)
  endOnStrayErrors(workerId, () => describeRun(), orphaned)
  process.once('disconnect', () => process.exit(EXIT.stopped))
  allowTaskRoots(environment.taskRoots)
  const watch = once(() => {
    startWatchdog(primaryPid)
    // What tasks print goes to the coordinator; when that is gone, the pipe breaks before the worker ends.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  })
  // A module of somebody else's may loop for ever while it loads. Without one the thread has time until the first shard.
  if (environment.taskModules.length > 0) watch()
  // Both take their time, and neither needs the other.
  const connecting = connectWorkerLink(environment.socketPath, environment.token)
  const loading = loadTaskModules(environment.taskModules, { builtIn })
  const [connected, loaded] = await Promise.allSettled([connecting, loading])
  if (connected.status === 'rejected') {
    if (!orphaned()) sayLastWords(`forkpool worker ${workerId} cannot reach its coordinator: ${(connected.reason as Error).message}`)
    process.exit(EXIT.failed)
  }
  const link = connected.value
  if (loaded.status === 'rejected') {
    link.send(encodeWorkerMessage({ kind: 'broken', error: toWireError(loaded.reason) }))
    return endWith(link, EXIT.failed, 'a task module cannot be used')
  }
  const session = openSession(environment, link, loaded.value, watch)
  describeRun = () => session.describeRun()
}

/** `watch` starts the watchdog where none runs; nothing of a task must run before. */
function openSession(
  { workerId, primaryPid, loopPollMs }: WorkerEnvironment,
  link: WorkerLink,
  registry: TaskRegistry,
  watch: () => void,
): WorkerSession {
  const session = new WorkerSession({
    link,
    workerId,
    host: { registry, clock: systemClock, nextTurn },
    onStopped: () => endWith(link, EXIT.stopped, 'stopped'),
    onGarbage: (thrown) => {
      sayLastWords(`forkpool worker ${workerId} ends: its coordinator sent what is no message: ${(thrown as Error).message}`)
      endWith(link, EXIT.failed, 'not a message')
    },
  })
  link.onClose(({ code, reason }) => {
    if (isGone(code) || isOrphan(primaryPid)) process.exit(EXIT.stopped)
    sayLastWords(`forkpool worker ${workerId} ends: the link to its coordinator failed: ${reason}`)
    process.exit(EXIT.failed)
  })
  const poll = new LoopPoll(systemClock, loopPollMs)
  link.onFrame((frame) => {
    watch()
    if (frame.length <= SMALL_FRAME_BYTES) poll.stir()
    session.receive(frame)
  })
  if (process.permission !== undefined) {
    watch()
    sealWorker()
  }
  link.send(encodeWorkerMessage({ kind: 'ready', pid: process.pid, tasks: registry.list() }))
  const settle = (): void => {
    watch()
    // At the end of the process it would be written too; but a worker may be killed.
    module.flushCompileCache()
  }
  systemClock.schedule(after(systemClock.now(), SETTLED_AFTER_MS), settle, { unref: true })
  return session
}

/** Whether the coordinator closed the link, or is gone; other codes (RFC 6455 §7.4.1) say that a frame was wrong. */
function isGone(code: number | undefined): boolean {
  return code === undefined || [1000, 1001, 1005, 1006].includes(code)
}

function readEnvironment(variables: NodeJS.ProcessEnv): WorkerEnvironment {
  try {
    return decodeWorkerEnvironment(variables)
  } catch (thrown) {
    sayLastWords(`forkpool worker: ${(thrown as Error).message}`)
    process.exit(EXIT.notForked)
  }
}

/** Ctrl-C and a closed terminal reach the whole process group: it is the coordinator that decides when its workers end. */
function leaveSignalsToTheCoordinator(orphaned: () => boolean): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (orphaned()) process.exit(EXIT.stopped)
    })
  }
}

/** Ends the process when what was sent has arrived, or cannot. */
function endWith(link: WorkerLink, code: number, reason: string): void {
  link.onClose(() => process.exit(code))
  link.onFrame(() => {})
  link.close(reason)
  systemClock.schedule(after(systemClock.now(), CLOSE_TIMEOUT_MS), () => process.exit(code))
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function once(run: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    run()
  }
}
