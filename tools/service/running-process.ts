import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { endGroup, HAS_GROUPS, signalGroup, signalProcess } from './process-group.ts'

export interface ProcessSpec {
  /** For people: `coordinator`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string | undefined
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** `terminal`: it writes where this process does. `log`: into `logFile`. `lines`: standard output to `firstLine`, standard error to `logFile`. */
  readonly output: 'terminal' | 'log' | 'lines'
  /** Replaced at each start. Needed for `log` and `lines`. */
  readonly logFile?: string | undefined
}

/** How a process ended. */
export interface ProcessEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

/** After SIGTERM a process may take so long before it is killed, unless its owner says otherwise. */
const STOP_GRACE_MS = 10_000

/** Nobody looks for more than the addresses that a service prints at its start. */
const LINES_KEPT = 1_000

/** So many of the last lines of a log say why a process ended. */
const TAIL_LINES = 15

/** Every process that runs. What is here when this program exits, for whatever reason, is killed on the way out. */
const live = new Set<RunningProcess>()

/**
 * A process that this one started and must end. It leads its own process group: Ctrl-C in a terminal reaches only its owner, which
 * stops its processes in order, and whatever the process itself started can be found and ended with it.
 */
export class RunningProcess {
  readonly name: string
  readonly pid: number
  /** Resolves when the process is gone, however it went. */
  readonly ended: Promise<ProcessEnd>
  /** Resolves when the process is gone and all that it wrote has been read. */
  readonly #closed: Promise<void>
  readonly #child: ChildProcess
  readonly #logFile: string | undefined
  readonly #lines: string[] = []
  /** Called with each new line. */
  readonly #watchers = new Set<(line: string) => void>()
  #stopping: Promise<void> | undefined

  private constructor(spec: ProcessSpec, child: ChildProcess, pid: number) {
    this.name = spec.name
    this.pid = pid
    this.#child = child
    this.#logFile = spec.logFile
    this.ended = new Promise((resolve) => {
      child.once('exit', (exitCode, signal) => {
        live.delete(this)
        tellLauncher({ ended: pid })
        resolve({ exitCode, signal })
      })
    })
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()))
    if (live.size === 0) {
      process.off('exit', killLive)
      process.on('exit', killLive)
    }
    live.add(this)
    tellLauncher({ started: pid })
    if (child.stdout !== null) this.#readLines(child.stdout)
  }

  /** Resolves when the process runs; rejects with a message that names the program when it cannot be started. */
  static async start(spec: ProcessSpec): Promise<RunningProcess> {
    const log = spec.output === 'terminal' ? undefined : openLog(spec)
    const output = log ?? 'inherit'
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: { ...process.env, TOOLS_LAUNCHER: undefined, ...spec.env },
      stdio: ['ignore', spec.output === 'lines' ? 'pipe' : output, output],
      detached: HAS_GROUPS,
    })
    if (log !== undefined) closeSync(log)
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error) => reject(new Error(`${spec.name}: cannot run ${spec.command}: ${error.message}`)))
    })
    if (child.pid === undefined) throw new Error(`${spec.name}: started without a process id`)
    return new RunningProcess(spec, child, child.pid)
  }

  /**
   * The first line of standard output that `pattern` matches, also when it came before this call.
   * Rejects when the process ends or `timeoutMs` is over first, with the end of its log.
   */
  async firstLine(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve) => {
      const look = (line: string): void => {
        const match = pattern.exec(line)
        if (match === null) return
        this.#watchers.delete(look)
        resolve(match)
      }
      this.#watchers.add(look)
      this.#lines.forEach(look)
    })
    return await this.withinStart(found, timeoutMs)
  }

  /** Reads standard output to its end, so that the process never waits for a reader; keeps its first lines. */
  #readLines(output: Readable): void {
    createInterface({ input: output }).on('line', (line) => {
      if (this.#lines.length < LINES_KEPT) this.#lines.push(line)
      for (const look of this.#watchers) look(line)
    })
  }

  /** `ready`, unless the process ends or the time is over first: then an error with the end of its log. */
  async withinStart<Value>(ready: Promise<Value>, timeoutMs: number): Promise<Value> {
    const over = new AbortController()
    try {
      return await Promise.race([
        ready,
        this.#closed.then(async () => {
          throw new Error(`${this.name} ended before it was ready (${describeEnd(await this.ended)})${this.logTail()}`)
        }),
        delay(timeoutMs, undefined, { signal: over.signal }).then(() => {
          throw new Error(`${this.name} was not ready within ${timeoutMs / 1000} s${this.logTail()}`)
        }),
      ])
    } finally {
      over.abort()
    }
  }

  /**
   * Ends the process and everything in its group, and resolves when nothing of it is left: SIGTERM, after `graceMs` SIGKILL.
   * Calling it twice, or after the end, is fine.
   */
  stop(graceMs: number = STOP_GRACE_MS): Promise<void> {
    this.#stopping ??= this.#stop(graceMs)
    return this.#stopping
  }

  async #stop(graceMs: number): Promise<void> {
    this.#child.kill('SIGTERM')
    const over = new AbortController()
    const patience = delay(graceMs, 'over', { signal: over.signal }).catch(() => 'stopped')
    if ((await Promise.race([this.ended, patience])) === 'over') this.#child.kill('SIGKILL')
    over.abort()
    await this.ended
    await endGroup(this.pid)
  }

  /** The last lines of the log and of what was read from it, on lines of their own; empty where there is none. */
  logTail(): string {
    const logged = this.#logFile === undefined ? [] : readFileSync(this.#logFile, 'utf8').trimEnd().split('\n')
    const parts = [
      { from: 'its output', lines: this.#lines },
      { from: String(this.#logFile), lines: logged },
    ]
    return parts
      .filter(({ lines }) => lines.join('') !== '')
      .map(({ from, lines }) => `; the end of ${from}:\n${lines.slice(-TAIL_LINES).join('\n')}`)
      .join('')
  }
}

/** `exit code 1`, `SIGKILL`. */
export function describeEnd(end: ProcessEnd): string {
  return end.signal ?? `exit code ${end.exitCode}`
}

function openLog(spec: ProcessSpec): number {
  if (spec.logFile === undefined) throw new Error(`${spec.name}: output "${spec.output}" needs a logFile`)
  mkdirSync(dirname(spec.logFile), { recursive: true })
  return openSync(spec.logFile, 'w')
}

/** tools/bootstrap kills what is left when this program is killed itself. Other parents with a channel, such as a test runner, are not told. */
function tellLauncher(message: { readonly started: number } | { readonly ended: number }): void {
  if (process.connected && process.env['TOOLS_LAUNCHER'] === String(process.ppid)) process.send?.(message)
}

function killLive(): void {
  for (const { pid } of live) if (!signalGroup(pid, 'SIGKILL')) signalProcess(pid, 'SIGKILL')
}
