import { posix } from './posix.ts'

// Not by `import`, which would also load what few of its names need: streams. That is 2.5 ms of every program that has a pool.
const { closeSync, fstatSync } = process.getBuiltinModule('node:fs')

/** Memory behind a file descriptor, mapped by this process: words and bytes, without names and waiting. */
export class NamelessMemory {
  readonly #address: number
  readonly #byteLength: number
  #words: Int32Array
  #bytes: Uint8Array

  /** Maps the whole file and closes the descriptor, also where it throws. @throws ForkpoolError NOT_SUPPORTED without koffi, and on Windows. */
  constructor(fd: number) {
    try {
      this.#byteLength = fstatSync(fd).size
      this.#address = posix().map(fd, this.#byteLength)
    } finally {
      closeSync(fd)
    }
    const buffer = posix().view(this.#address, this.#byteLength)
    this.#words = new Int32Array(buffer, 0, this.#byteLength >> 2)
    this.#bytes = new Uint8Array(buffer)
  }

  get words(): Int32Array {
    return this.#words
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Unmaps. Length 0 afterwards, also of views that were taken before. Twice is fine. */
  close(): void {
    const { buffer, byteLength } = this.#bytes
    if (byteLength === 0) return
    // Detached first: an access to unmapped pages would end the process.
    ;(buffer as ArrayBuffer).transfer(0)
    posix().unmap(this.#address, this.#byteLength)
    this.#words = new Int32Array(0)
    this.#bytes = new Uint8Array(0)
  }
}
