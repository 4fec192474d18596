/**
 * The program of a worker process: reads its setup from the pipe to its pool, runs shards, and ends at once, silently, when the program that
 * started it is gone.
 */
import { systemClock } from '../../base/index.ts'
import { RingLink } from '../../link/ring-link.ts'
import { StreamLink } from '../../link/stream-link.ts'
import { useKoffiBinary } from '../../memory/koffi-binary.ts'
import { NamelessMemory } from '../../memory/nameless-memory.ts'
import { endOnStrayErrors, isOrphan } from '../../worker/index.ts'
import { DIES_WITH_PARENT, LINK_DESCRIPTOR, readGreeting, RING_DESCRIPTOR } from '../worker-greeting.ts'
import { followParent } from './follow-parent.ts'
import { runWorker } from './run-worker.ts'

const { Socket } = process.getBuiltinModule('node:net')
const parentPid = Number(process.argv[2])
const orphaned = (): boolean => isOrphan(parentPid)

/** Ctrl-C and a closed terminal reach the whole process group: it is the program that decides when its workers end. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (orphaned()) process.exit(0)
  })
}

function joinRing(): void {
  try {
    link.join(new NamelessMemory(RING_DESCRIPTOR), 1)
  } catch {
    // Frames go on through the pipe: the pool writes into the ring only when this side does.
  }
}

const link = new RingLink(new StreamLink(new Socket({ fd: LINK_DESCRIPTOR, readable: true, writable: true })), systemClock)
link.onClose(() => process.exit(0))
link.whenOffered(joinRing)
link.onFrame((frame) => {
  const { setup, koffi } = readGreeting(frame)
  useKoffiBinary(koffi)
  let describeRun = (): string => ' while its task modules loaded'
  endOnStrayErrors(setup.workerId, () => describeRun(), orphaned)
  let isFollowing = false
  const follow = (): void => {
    if (isFollowing) return
    isFollowing = true
    if (process.argv[3] !== DIES_WITH_PARENT) followParent(parentPid)
    // It may have ended before the kernel was told to follow it.
    else if (orphaned()) process.exit(0)
  }
  void runWorker({ setup, link, measure: () => process.memoryUsage.rss(), onFirstFrame: follow, exit: (code) => process.exit(code) }).then(
    (session) => {
      describeRun = () => session.describeRun()
      // Native code takes 4 ms to load: while the pool hears that this worker is ready and sends its first task, if it can be.
      setImmediate(follow)
    },
  )
})
