import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Writable } from 'node:stream'
import { ForkpoolError } from '@forkpool/pool-core/base'

/** Lines are written in pieces of about so many characters: a write for each line would cost more than the work. */
const PIECE_CHARACTERS = 64 * 1024

/** JSON as one line. Big integers are written as JSON numbers, which have no limit; what JSON lacks is written as its nearest. */
export function jsonLine(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return Object.is(value, -0) ? '0' : String(value)
  return JSON.stringify(value, jsonValue) ?? 'null'
}

function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString())
  if (value instanceof Map) return [...value]
  if (value instanceof Set) return [...value]
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as unknown as ArrayLike<unknown>)
  return value
}

/** Where result lines go: standard output or a file. A reader that leaves early (`| head -3`) is a good end, and says so by `gone`. */
export class LineOutput {
  readonly #stream: Writable
  readonly #ownsStream: boolean
  readonly #name: string
  #piece = ''
  #failure: NodeJS.ErrnoException | undefined

  /** @param path undefined or `-`: standard output. */
  constructor(path: string | undefined, stdout: Writable) {
    this.#ownsStream = path !== undefined && path !== '-'
    this.#name = this.#ownsStream ? (path as string) : 'standard output'
    this.#stream = this.#ownsStream ? createWriteStream(path as string) : stdout
    this.#stream.on('error', (error: NodeJS.ErrnoException) => (this.#failure ??= error))
  }

  /** Nobody reads any more: there is no point in going on. */
  get gone(): boolean {
    return this.#failure?.code === 'EPIPE'
  }

  /** Adds a line; a promise where the reader has to be waited for. */
  write(line: string): Promise<void> | undefined {
    this.#piece += `${line}\n`
    return this.#piece.length < PIECE_CHARACTERS ? undefined : this.flush()
  }

  /** Writes what is collected. @throws ForkpoolError when the place cannot be written. */
  async flush(): Promise<void> {
    const piece = this.#piece
    this.#piece = ''
    this.#check()
    if (piece !== '') await new Promise<void>((resolve) => this.#stream.write(piece, () => resolve()))
    this.#check()
  }

  /** Writes the rest; a file is complete when this resolves. */
  async close(): Promise<void> {
    await this.flush()
    if (!this.#ownsStream) return
    this.#stream.end()
    await finished(this.#stream).catch(() => undefined)
    this.#check()
  }

  #check(): void {
    const failure = this.#failure
    if (failure === undefined || failure.code === 'EPIPE') return
    throw new ForkpoolError('BAD_ARGUMENT', `${this.#name}: cannot be written: ${failure.message}`)
  }
}
