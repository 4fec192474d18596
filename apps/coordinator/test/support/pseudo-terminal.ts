import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { waitUntil } from './forkpool.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/forkpool.mjs', import.meta.url))

/** What stands between the two settings of the terminal: what the program wrote to it. */
const MARK = '----'

/** `forkpool` on a pseudo terminal, which `script` (util-linux) makes, with the settings of the terminal noted before and after it. */
export class PseudoTerminal {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  #text = ''
  readonly #closed: Promise<unknown>

  constructor(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const quoted = [process.execPath, PROGRAM, ...words].map((word) => `'${word}'`).join(' ')
    const command = `stty rows 20 cols 100; tty; stty -g; echo ${MARK}; ${quoted}; echo ${MARK}$?; stty -g`
    const env = { ...process.env, TERM: 'xterm-256color', NO_COLOR: '', FORCE_COLOR: '', SHELL: '/bin/sh', ...environment }
    this.#child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'], env })
    this.#child.stdout.setEncoding('utf8').on('data', (piece: string) => (this.#text += piece))
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve))
  }

  /** What the program has written. */
  get output(): string {
    return this.#text.split(`${MARK}\r\n`)[1]?.split(`${MARK}`)[0] ?? ''
  }

  /** What it has written since it last began at the upper left corner. */
  get picture(): string {
    return this.output.split('\u001b[H').at(-1) ?? ''
  }

  async shows(part: string | RegExp): Promise<void> {
    const isShown = (): boolean => (typeof part === 'string' ? this.picture.includes(part) : part.test(this.picture))
    await waitUntil(`the terminal shows ${String(part)}; it shows ${JSON.stringify(this.picture)}`, isShown, 20_000)
  }

  press(keys: string): void {
    this.#child.stdin.write(keys)
  }

  resize(rows: number): void {
    const tty = /^(\/dev\/\S+)\r$/m.exec(this.#text)?.[1] ?? ''
    execFileSync('stty', ['-F', tty, 'rows', String(rows)])
  }

  /** Waits for the end of the program. The exit code, and whether the terminal is set as it was. */
  async end(): Promise<{ readonly code: number; readonly isRestored: boolean }> {
    await waitUntil('the program ends', () => new RegExp(`${MARK}\\d+\\r\\n\\S+\\r\\n`).test(this.#text), 20_000)
    this.#child.stdin.end()
    await this.#closed
    const [before, , after] = this.#text.split(MARK).map((part) => part.trim())
    const [code = '', settings] = (after ?? '').split('\r\n')
    return { code: Number(code), isRestored: before?.split('\r\n').at(-1) === settings }
  }
}
