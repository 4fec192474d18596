import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../../apps/coordinator/bin/forkpool.mjs', import.meta.url))

/** A real coordinator with its workers, in processes of their own. */
export class CoordinatorProcess {
  readonly url: string
  readonly #child: ChildProcess
  readonly #exited: Promise<void>

  private constructor(url: string, child: ChildProcess, exited: Promise<void>) {
    this.url = url
    this.#child = child
    this.#exited = exited
  }

  /** @param words further words of `forkpool serve`; a port of 0 takes any free one. */
  static async start(
    port: number,
    words: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CoordinatorProcess> {
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', String(port), '--ephemeral', '--log-level', 'error', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    })
    const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const url = await new Promise<string>((resolve, reject) => {
      let said = ''
      const listen = (text: string): void => {
        said += text
        const found = /listening on (http\S+)/.exec(said)?.[1]
        if (found !== undefined) resolve(found)
      }
      child.stdout.setEncoding('utf8').on('data', listen)
      child.stderr.setEncoding('utf8').on('data', listen)
      void exited.then(() => reject(new Error(`the coordinator ended before it listened: ${said}`)))
    })
    return new CoordinatorProcess(url, child, exited)
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** Sends a signal, and waits for the end of the process. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal)
    await this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
  }
}
