import { closeSync, constants, fstatSync, ftruncateSync, openSync, unlinkSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { ForkpoolError } from '../base/errors.ts'
import { holdLease, isLastHolder, withDirectory } from './lease.ts'
import { freshName, fullName, sweepSharedMemory } from './names.ts'
import { posix } from './posix.ts'

/** One file of `/dev/shm`, open and mapped by this thread. The lowest layer of process memory: no words, no waiting. */
export class Segment {
  readonly name: string
  readonly byteLength: number
  readonly address: number
  readonly isCreator: boolean
  /** -1 once let go. Holding it open is what keeps a sweep from removing the name. */
  #fd: number
  #isMapped = true

  private constructor(name: string, fd: number, byteLength: number, isCreator: boolean) {
    this.name = name
    this.#fd = fd
    this.byteLength = byteLength
    this.isCreator = isCreator
    this.address = posix().map(fd, byteLength)
    open.add(this)
  }

  /**
   * Creates zeroed memory, readable and writable by this user only.
   * @param name without one, a fresh one is made. @throws ForkpoolError ALREADY_EXISTS.
   */
  static create(byteLength: number, name?: string): Segment {
    prepare()
    const full = name === undefined ? freshName() : fullName(name)
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
    const fd = withDirectory((directory) => {
      const path = `${directory}/${full}`
      const file = openFile(
        path,
        O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
        'EEXIST',
        'ALREADY_EXISTS',
        `The shared memory ${full} exists already.`,
      )
      try {
        holdLease(file)
        ftruncateSync(file, byteLength)
      } catch (error) {
        closeSync(file)
        unlinkSync(path)
        throw error
      }
      return file
    })
    return new Segment(full, fd, byteLength, true)
  }

  /** Opens memory that exists, in the size it was created with. @throws ForkpoolError NOT_FOUND. */
  static attach(name: string): Segment {
    prepare()
    const full = fullName(name)
    const fd = withDirectory((directory) => {
      const flags = constants.O_RDWR | constants.O_NOFOLLOW
      const file = openFile(`${directory}/${full}`, flags, 'ENOENT', 'NOT_FOUND', `There is no shared memory ${full}.`)
      holdLease(file)
      return file
    })
    return new Segment(full, fd, fstatSync(fd).size, false)
  }

  /**
   * The mapped bytes. They are unmapped by `close`, or when the buffer and every view of it are garbage: a handle that was attached for
   * one task and forgotten costs nothing for long.
   */
  buffer(): ArrayBuffer {
    const buffer = posix().view(this.address, this.byteLength)
    forgotten.register(buffer, this)
    return buffer
  }

  /** Unmaps. Every view must be detached before: a later access would end the process. Twice is fine. */
  close(): void {
    if (this.#isMapped) posix().unmap(this.address, this.byteLength)
    this.#isMapped = false
    // The creator keeps its file open until `unlink` or exit: closed by all for a moment is not the same as left behind.
    if (!this.isCreator) this.#letGo()
  }

  /** Removes the name; who has it mapped keeps it. @throws ForkpoolError NOT_FOUND. */
  unlink(): void {
    withDirectory((directory) => {
      try {
        unlinkSync(`${directory}/${this.name}`)
      } catch (cause) {
        throw new ForkpoolError('NOT_FOUND', `There is no shared memory ${this.name}.`, { cause })
      }
    })
    if (!this.#isMapped) this.#letGo()
  }

  /** At the exit of this thread: removes the name if nobody else uses it. In the main thread the process's other threads do not count. */
  removeIfLast(): void {
    if (this.#fd === -1) return
    withDirectory((directory) => {
      if (fstatSync(this.#fd).nlink === 0 || !isLastHolder(this.#fd, isMainThread ? 'ignored' : 'counted')) return
      unlinkSync(`${directory}/${this.name}`)
    })
    this.#letGo()
  }

  #letGo(): void {
    open.delete(this)
    if (this.#fd === -1) return
    closeSync(this.#fd)
    this.#fd = -1
  }
}

/** What this thread has open; a segment leaves when it is let go. */
const open = new Set<Segment>()
const forgotten = new FinalizationRegistry<Segment>((segment) => segment.close())
let isPrepared = false

/** At the first use in this thread: clears what crashed programs left, and sees to it that this one leaves nothing. */
function prepare(): void {
  if (isPrepared) return
  isPrepared = true
  if (isMainThread) sweepSharedMemory()
  process.once('exit', () => {
    for (const segment of open) {
      try {
        segment.removeIfLast()
      } catch {
        // An exit handler that throws would change the exit code; the next program's sweep removes what is left.
      }
    }
  })
}

function openFile(path: string, flags: number, expected: string, code: 'ALREADY_EXISTS' | 'NOT_FOUND', message: string): number {
  try {
    return openSync(path, flags, 0o600)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === expected) throw new ForkpoolError(code, message, { cause })
    throw cause
  }
}
