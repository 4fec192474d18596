import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A CPython that runs a script of bench/python, which answers each line with a line of JSON. */
export interface PythonProgram {
  readonly version: string
  /** Resolves with the answer. Rejects when the program has ended. */
  readonly ask: (line: string) => Promise<Readonly<Record<string, unknown>>>
  readonly stop: () => Promise<void>
}

/** Starts `python3 bench/python/SCRIPT ARGS`; its first line says its version. Rejects when there is no python3. */
export async function startPythonProgram(script: string, args: readonly string[] = []): Promise<PythonProgram> {
  const file = fileURLToPath(new URL(`../python/${script}`, import.meta.url))
  const child = spawn('python3', [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`cannot run python3, which this bench compares with: ${error.message}`)))
    child.once('exit', () => resolve())
  })
  ended.catch(() => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Readonly<Record<string, unknown>>> => {
    const { value, done } = await lines.next()
    if (done === true) {
      await ended
      throw new Error('python3 ended in the middle of the bench')
    }
    return JSON.parse(value) as Record<string, unknown>
  }
  return {
    version: String((await next())['python']),
    async ask(line) {
      child.stdin.write(`${line}\n`)
      return next()
    },
    stop: async () => {
      child.stdin.end()
      await ended
    },
  }
}
