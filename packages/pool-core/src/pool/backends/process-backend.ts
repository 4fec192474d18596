import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Clock, ExitCause } from '../../base/index.ts'
import { after } from '../../base/index.ts'
import { RingLink } from '../../link/ring-link.ts'
import { StreamLink } from '../../link/stream-link.ts'
import { koffiBinary } from '../../memory/koffi-binary.ts'
import { NamelessMemory } from '../../memory/nameless-memory.ts'
import { programFile } from '../../package-files.ts'
import { entryFlags, PROCESS_ENTRY } from '../entry/entry-urls.ts'
import { inheritedFlags } from '../inherited-flags.ts'
import { DIES_WITH_PARENT, greetingFrame, LINK_DESCRIPTOR } from '../worker-greeting.ts'
import type { LinkKind } from '../options.ts'
import type { StartedWorker, WorkerBackend, WorkerSetup } from '../worker-backend.ts'
import { dyingWithParent } from './dying-with-parent.ts'
import { createRingFile, demandRings } from './ring-file.ts'

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
  /** How frames travel; undefined: by rings where they can be had. */
  readonly link: LinkKind | undefined
  /** Flags for Node, instead of this program's. */
  readonly execArgv: readonly string[] | undefined
}

/**
 * Workers that are child processes. What they print goes where this program prints. Each has a pipe of its own to the pool, and ends when that
 * breaks, or soon after this program has ended, whatever it does then. Frames go through rings in shared memory, where the system allows.
 */
export class ProcessBackend implements WorkerBackend {
  readonly kind = 'process'
  readonly #options: ProcessBackendOptions

  /** @throws ForkpoolError NOT_SUPPORTED for `link: 'ring'` where processes cannot share memory. */
  constructor(options: ProcessBackendOptions) {
    this.#options = options
    if (options.link === 'ring') demandRings()
  }

  start(setup: WorkerSetup): StartedWorker {
    const { clock, env, execArgv = inheritedFlags(process.execArgv), heapMb } = this.#options
    const heapFlags = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`]
    const { link: kind } = this.#options
    const ring = kind === 'channel' ? undefined : createRingFile()
    const prefix = dyingWithParent()
    const { spawn } = process.getBuiltinModule('node:child_process')
    const { fileURLToPath } = process.getBuiltinModule('node:url')
    const program: readonly string[] = [
      process.execPath,
      ...execArgv,
      ...heapFlags,
      ...entryFlags(),
      fileURLToPath(programFile(PROCESS_ENTRY)),
    ]
    const words = [...prefix, ...program, String(process.pid), prefix.length === 0 ? '' : DIES_WITH_PARENT]
    const child = spawn(words[0] as string, words.slice(1), {
      stdio: ['ignore', 'inherit', 'pipe', 'pipe', ring ?? 'ignore'],
      env: env === undefined ? process.env : { ...process.env, ...env },
      windowsHide: true,
    })
    const socket = child.stdio[LINK_DESCRIPTOR] as Socket
    const link = new RingLink(new StreamLink(socket), clock)
    child.unref()
    socket.unref()
    const exited = exitOf(child, clock)
    if (ring !== undefined) offerRing(link, ring, exited, kind === 'ring')
    link.send(greetingFrame({ setup, koffi: koffiBinary() }))
    return { link, exited, kill: () => void child.kill('SIGKILL') }
  }
}

/** Offers the memory behind `file` to the worker when it is worth it, or `now`; it is closed here in any case. */
function offerRing(link: RingLink, file: number, exited: Promise<ExitCause>, now: boolean): void {
  let isOpen = true
  const offer = (): void => {
    if (!isOpen) return
    isOpen = false
    try {
      link.offer(new NamelessMemory(file))
    } catch {
      // No koffi for this system: frames go on through the pipe.
    }
  }
  // The process takes longer to begin than this one to load what maps memory.
  if (now) setImmediate(offer)
  else link.whenWorthwhile(offer)
  void exited.then(() => {
    if (isOpen) process.getBuiltinModule('node:fs').closeSync(file)
    isOpen = false
  })
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
