import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { serialize } from 'node:v8'
import type { Clock, ExitCause } from '../../base/index.ts'
import { after } from '../../base/index.ts'
import { StreamLink } from '../../link/stream-link.ts'
import { ENTRY_FLAGS, PROCESS_ENTRY } from '../entry/entry-urls.ts'
import { inheritedFlags } from '../inherited-flags.ts'
import { LINK_DESCRIPTOR } from '../link-descriptor.ts'
import type { StartedWorker, WorkerBackend, WorkerSetup } from '../worker-backend.ts'

/** Standard error of a worker that is kept for the error which tells of its end. */
const STDERR_KEPT_CHARACTERS = 4_000

/** After its end a worker's pipes may be held open by a process that it started: they are not waited for longer. */
const LAST_WORDS_MS = 200

export interface ProcessBackendOptions {
  readonly clock: Clock
  /** Limit of each process's heap, megabytes. */
  readonly heapMb: number | undefined
  /** Added to this program's environment variables. */
  readonly env: Readonly<Record<string, string>> | undefined
  /** Flags for Node, instead of this program's. */
  readonly execArgv: readonly string[] | undefined
}

/**
 * Workers that are child processes. What they print goes where this program prints. Each has a pipe of its own to the pool, and ends when that
 * breaks, or soon after this program has ended, whatever it does then.
 */
export class ProcessBackend implements WorkerBackend {
  readonly kind = 'process'
  readonly #options: ProcessBackendOptions

  constructor(options: ProcessBackendOptions) {
    this.#options = options
  }

  start(setup: WorkerSetup): StartedWorker {
    const { clock, env, execArgv = inheritedFlags(process.execArgv), heapMb } = this.#options
    const heapFlags = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`]
    const child = spawn(process.execPath, [...execArgv, ...heapFlags, ...ENTRY_FLAGS, fileURLToPath(PROCESS_ENTRY), String(process.pid)], {
      stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
      env: env === undefined ? process.env : { ...process.env, ...env },
      windowsHide: true,
    })
    const socket = child.stdio[LINK_DESCRIPTOR] as Socket
    const link = new StreamLink(socket)
    link.send(serialize(setup))
    child.unref()
    socket.unref()
    return {
      link,
      exited: exitOf(child, clock),
      kill: () => void child.kill('SIGKILL'),
    }
  }
}

function exitOf(child: ChildProcess, clock: Clock): Promise<ExitCause> {
  const stderr = child.stderr as Socket
  let kept = ''
  stderr.unref()
  stderr.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-STDERR_KEPT_CHARACTERS)
    process.stderr.write(text)
  })
  return new Promise((resolve) => {
    const ended = (code: number | null, signal: string | null): void => {
      const words = kept.trimEnd()
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined, stderr: words === '' ? undefined : words })
    }
    // `close` comes after `exit`, when the pipes are read.
    child.once('close', ended)
    child.once('exit', (code, signal) => clock.schedule(after(clock.now(), LAST_WORDS_MS), () => ended(code, signal), { unref: true }))
    child.once('error', (error) => {
      kept += error.message
      ended(null, null)
    })
  })
}
