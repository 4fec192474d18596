import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const STOP_SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/** How often this process looks whether npm, which started it, is still there. */
const PARENT_CHECK_MS = 500

/**
 * Runs a script under `node` in the root folder and resolves with its exit code. Stop signals go on to the script, which ends its own
 * children. The channel between the two tells the script when this process is gone, however it went; and the script tells over it which
 * process groups it started, so that none outlives a script that was killed.
 * @param {string} node
 * @param {string} root
 * @param {string} script
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export function handOver(node, root, script, args) {
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter)
  const child = spawn(node, ['--conditions=forkpool-source', script, ...args], {
    cwd: root,
    env: {
      ...process.env,
      PATH: path,
      TOOLS_LAUNCHER: String(process.pid),
      NEXT_TELEMETRY_DISABLED: '1',
      TURBO_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
    },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of STOP_SIGNALS) process.on(signal, () => child.kill(signal))
  watchParent(() => child.kill('SIGTERM'))
  /** @type {Set<number>} */
  const groups = new Set()
  child.on('message', (/** @type {{ started?: number, ended?: number }} */ { started, ended }) => {
    if (started !== undefined) groups.add(started)
    if (ended !== undefined) groups.delete(ended)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      killGroups(groups)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

/** @param {ReadonlySet<number>} groups */
function killGroups(groups) {
  for (const group of groups) {
    try {
      process.kill(process.platform === 'win32' ? group : -group, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}

/**
 * npm passes on the signals that it gets, but a killed npm passes on nothing: then the parent of this process changes.
 * Started by hand, the parent is a shell, which may well end first.
 * @param {() => void} onGone
 */
function watchParent(onGone) {
  if (process.env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    onGone()
  }, PARENT_CHECK_MS)
  timer.unref()
}
