import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../bin/forkpool.mjs', import.meta.url))

/** What a finished command left behind. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** Those that have not ended. */
const running = new Set<Child>()

// A test that fails does not come to the line that stops its coordinator, which would then serve for ever.
afterAll(async () => {
  const closed = [...running].map((child) => once(child, 'close'))
  for (const child of running) child.kill('SIGKILL')
  await Promise.all(closed)
})

function start(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Child {
  const env = { ...process.env, FORKPOOL_URL: '', FORKPOOL_TOKEN: '', ...environment }
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ['pipe', 'pipe', 'pipe'], env })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

function gather(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  return () => text
}

/** Runs `forkpool` to its end. `input` undefined: standard input is empty. */
export async function runForkpool(
  words: readonly string[],
  input?: string,
  environment?: Readonly<Record<string, string>>,
): Promise<Finished> {
  const child = start(words, environment)
  const stdout = gather(child.stdout)
  const stderr = gather(child.stderr)
  child.stdin.on('error', () => undefined)
  child.stdin.end(input ?? '')
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout: stdout(), stderr: stderr() }
}

/** A coordinator that runs as a user's would: its own process, its own workers. */
export class Coordinator {
  readonly #child: Child
  readonly #stdout: () => string
  readonly #stderr: () => string
  /** Resolves with the exit code, null after a signal. */
  readonly exited: Promise<number | null>

  private constructor(child: Child) {
    this.#child = child
    this.#stdout = gather(child.stdout)
    this.#stderr = gather(child.stderr)
    this.exited = new Promise((resolve) => child.once('close', resolve))
  }

  /** Starts it and does not wait. */
  static spawn(words: readonly string[], environment?: Readonly<Record<string, string>>, port = 0): Coordinator {
    return new Coordinator(start(['serve', ...(words.includes('--port') ? [] : ['--port', String(port)]), ...words], environment))
  }

  /** Starts it and waits until it listens. */
  static async start(words: readonly string[] = [], environment?: Readonly<Record<string, string>>, port = 0): Promise<Coordinator> {
    const coordinator = Coordinator.spawn(words, environment, port)
    await new Promise<void>((resolve, reject) => {
      coordinator.#child.stdout.on('data', () => {
        if (coordinator.url !== '') resolve()
      })
      void coordinator.exited.then((code) => reject(new Error(`serve ended with ${code} before it listened: ${coordinator.stderr}`)))
    })
    return coordinator
  }

  /** Where it listens; empty before it does. */
  get url(): string {
    return /listening on (\S+)/.exec(this.stdout)?.[1] ?? ''
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Process ids of its workers, as the operating system sees them. */
  workerPids(): readonly number[] {
    return childrenOf(this.pid)
  }

  get stdout(): string {
    return this.#stdout()
  }

  get stderr(): string {
    return this.#stderr()
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Kills it and all its workers at once, as a loss of power would, and waits until they are gone. */
  async kill(): Promise<void> {
    const workers = this.workerPids()
    this.#child.kill('SIGKILL')
    for (const pid of workers) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It went with its parent.
      }
    }
    await this.exited
    await waitUntil('the workers are gone', () => !workers.some(isAlive))
  }

  /** Asks for a good end and waits for it. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return await this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** Process ids of the children of a process, from /proc. */
function childrenOf(parent: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => parentOf(pid) === parent)
}

function parentOf(pid: number): number | undefined {
  try {
    // The name of the command stands in parentheses and may hold anything; the parent is the second word after it.
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    )
  } catch {
    return undefined
  }
}

/** Whether a process is there and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Waits until `condition` holds, looking every few milliseconds. Throws after `withinMs`. */
export async function waitUntil(what: string, condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
