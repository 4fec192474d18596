import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { FORKPOOL_BIN, SOURCE_FLAGS } from '@forkpool/tools/service'
import { childrenOf, processesOfGroup, signalTo } from './processes.ts'

const START_LIMIT_MS = 30_000
const ASK_LIMIT_MS = 20_000

export interface CoordinatorPlace {
  readonly dataDir: string
  /** Where tasks count their runs. */
  readonly runsDir: string
  /** Its log is added to this file. */
  readonly logFile: string
}

export const WORKERS = 2

/** Small limits, so that what they are for happens within a round. */
const SETTINGS = [
  ['--workers', String(WORKERS)],
  ['--max-workers', '4'],
  ['--idle-retire-ms', '500'],
  ['--heartbeat-ms', '1000'],
  ['--worker-memory-mb', '220'],
  ['--drain-timeout-ms', '200'],
  ['--stopped-worker-ms', '1500'],
  ['--orphan-ms', '10000'],
  ['--input-window-bytes', '65536'],
  ['--result-window-bytes', '65536'],
  // Each single call is a batch, and the audit looks at all of them.
  ['--batches-kept', '10000'],
  ['--log-level', 'warn'],
].flat()

const inside = (name: string): string => fileURLToPath(new URL(`../inside/${name}`, import.meta.url))

/** Everything that was started and not yet seen to end: it must not outlive this program. */
const groups = new Set<number>()
process.on('exit', () => {
  for (const group of groups) signalTo(-group, 'SIGKILL')
})

interface Memory {
  readonly heapUsed: number
  readonly external: number
}

/** One life of a coordinator: a process of its own with workers of its own, all in one process group. */
export class CoordinatorProcess {
  readonly pid: number
  /** Resolves when it has ended, with its exit code; null after a signal. */
  readonly exited: Promise<number | null>
  isOver = false
  port = 0
  readonly #child: ChildProcess
  readonly #answers = new Map<number, (memory: Memory) => void>()
  #asked = 0

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child
    this.pid = pid
    groups.add(pid)
    this.exited = new Promise((resolve) =>
      child.once('exit', (code) => {
        this.isOver = true
        resolve(code)
      }),
    )
    child.on('message', ({ id, memory }: { id: number; memory: Memory }) => this.#answers.get(id)?.(memory))
  }

  /** Resolves when it takes clients. Rejects when it ends before. */
  static async start({ dataDir, runsDir, logFile }: CoordinatorPlace): Promise<CoordinatorProcess> {
    const log = openSync(logFile, 'a')
    const serve = ['serve', '--host', '127.0.0.1', '--port', '0', '--data-dir', dataDir, '--tasks', inside('tasks.ts')]
    const flags = [...SOURCE_FLAGS, '--import', inside('coordinator-probe.mjs')]
    const child = spawn(process.execPath, [...flags, FORKPOOL_BIN, ...serve, '--worker-env', 'FAULT_RUNS_DIR', ...SETTINGS], {
      detached: true,
      stdio: ['ignore', 'pipe', log, 'ipc'],
      env: {
        ...process.env,
        NODE_OPTIONS: `--import=${new URL('../inside/answers-twice.mjs', import.meta.url).href}`,
        FAULT_RUNS_DIR: runsDir,
      },
    })
    closeSync(log)
    child.on('error', () => undefined)
    const { pid } = child
    if (pid === undefined) throw new Error('the coordinator has no process id')
    const started = new CoordinatorProcess(child, pid)
    started.port = await started.#listening(child.stdout as Readable)
    return started
  }

  get workerPids(): readonly number[] {
    return childrenOf(this.pid)
  }

  signal(signal: NodeJS.Signals): void {
    signalTo(this.pid, signal)
  }

  /** Ends it and all its workers at once, if they are still there. */
  async destroy(): Promise<void> {
    signalTo(-this.pid, 'SIGKILL')
    await this.exited
  }

  /** Moves its wall clock. */
  async jump(byMs: number): Promise<void> {
    await this.#ask({ kind: 'clock', byMs })
  }

  /** Bytes that it holds when everything is let go of that can be. */
  async heldBytes(): Promise<number> {
    const { heapUsed, external } = await this.#ask({ kind: 'memory' })
    return heapUsed + external
  }

  /** What the API answers. */
  async view<View>(path: string): Promise<View> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers: { connection: 'close' } })
    if (!response.ok) throw new Error(`${path} answers ${response.status}: ${await response.text()}`)
    return (await response.json()) as View
  }

  async metrics(): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.port}/metrics`, { headers: { connection: 'close' } })).text()
  }

  /** Nothing of it is left: no worker either. */
  isGone(): boolean {
    const gone = processesOfGroup(this.pid).length === 0
    if (gone) groups.delete(this.pid)
    return gone
  }

  #ask(question: { readonly kind: 'clock'; readonly byMs: number } | { readonly kind: 'memory' }): Promise<Memory> {
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the coordinator did not answer to ${question.kind}`)), ASK_LIMIT_MS)
      this.#answers.set(id, (memory) => {
        clearTimeout(late)
        this.#answers.delete(id)
        resolve(memory)
      })
      this.#child.send({ ...question, id }, (error) => {
        if (error !== null) reject(error)
      })
    })
  }

  /** The port that it says it listens on. */
  #listening(stdout: Readable): Promise<number> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.signal('SIGKILL'), START_LIMIT_MS)
      createInterface({ input: stdout }).on('line', (line) => {
        const port = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
        if (port === undefined) return
        clearTimeout(late)
        resolve(Number(port))
      })
      void this.exited.then((code) => {
        clearTimeout(late)
        reject(new Error(`the coordinator ended with ${code} before it listened`))
      })
    })
  }
}
