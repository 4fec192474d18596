/** How often the parent is looked at. A look costs a microsecond; a worker outlives its parent by this at most. */
const LOOK_EVERY_MS = 300

/**
 * The program of the watching thread, CommonJS as text: a file would be found, read and compiled once more. It needs nothing of the main
 * thread, which may be in an endless loop: it sleeps on a word of memory that nobody writes, and ends the process by the one signal that
 * nothing can catch or delay.
 */
const PROGRAM = `
const { workerData } = require('node:worker_threads')
const word = new Int32Array(new SharedArrayBuffer(4))
while (process.ppid === workerData.parentPid) Atomics.wait(word, 0, 0, workerData.everyMs)
process.kill(process.pid, 'SIGKILL')
`

/** Small, but with room for Node's own start in a thread (measured: it needs 3 MB): a thread that runs out of memory takes the process along. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }

/**
 * Starts a thread that kills this process, silently, soon after its parent `parentPid` is gone, whatever the main thread does. The kernel
 * gives an orphan another parent, so a reused process identifier cannot deceive it. On Windows an orphan keeps its parent's identifier:
 * there only the closed connections end a worker, when its event loop next turns.
 */
export function startWatchdog(parentPid: number): void {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const thread = new Worker(PROGRAM, {
    eval: true,
    workerData: { parentPid, everyMs: LOOK_EVERY_MS },
    resourceLimits: RESOURCE_LIMITS,
    execArgv: [],
    env: {},
    stdin: false,
    trackUnmanagedFds: false,
  })
  // Without the thread the closed connections are what is left; that is no reason to end.
  thread.on('error', () => {})
  thread.unref()
}

/** Whether the process that started this one is its parent no more: it has ended. */
export function isOrphan(parentPid: number): boolean {
  return process.ppid !== parentPid
}
