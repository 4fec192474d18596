/**
 * The program of a worker process: reads its setup from the pipe to its pool, runs shards, and ends at once, silently, when the program that
 * started it is gone.
 */
import { Socket } from 'node:net'
import process from 'node:process'
import { deserialize } from 'node:v8'
import { StreamLink } from '../../link/stream-link.ts'
import { endOnStrayErrors, isOrphan, startWatchdog } from '../../worker/index.ts'
import { LINK_DESCRIPTOR } from '../link-descriptor.ts'
import type { WorkerSetup } from '../worker-backend.ts'
import { runWorker } from './run-worker.ts'

const parentPid = Number(process.argv[2])
const orphaned = (): boolean => isOrphan(parentPid)

/** Ctrl-C and a closed terminal reach the whole process group: it is the program that decides when its workers end. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (orphaned()) process.exit(0)
  })
}

const link = new StreamLink(new Socket({ fd: LINK_DESCRIPTOR, readable: true, writable: true }))
link.onClose(() => process.exit(0))
link.onFrame((frame) => {
  const setup = deserialize(frame) as WorkerSetup
  let describeRun = (): string => ' while its task modules loaded'
  endOnStrayErrors(setup.workerId, () => describeRun(), orphaned)
  const onFirstFrame = (): void => startWatchdog(parentPid)
  void runWorker({ setup, link, onFirstFrame, exit: (code) => process.exit(code) }).then((session) => {
    describeRun = () => session.describeRun()
  })
})
