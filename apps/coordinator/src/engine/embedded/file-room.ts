import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Cancel, Clock, Instant } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'
import type { Allocate } from './allocate.ts'
import type { Change } from './store.ts'

/** What LMDB says of its file. */
export interface FileFigures {
  readonly pageBytes: number
  /** The last page that was ever in use: what lies behind it is room. */
  readonly lastPage: number
  /** Pages of the tree, without those of large values. */
  readonly treePages: number
  /** All pages that hold something; of those before `lastPage` the others can be used again. */
  readonly usedPages: number
}

/** The file grows in a commit by so much at once, where the disk has it; by less where that has to be written. */
const GROW_BYTES = 16 * 1024 * 1024
const GROW_WRITTEN_BYTES = 2 * 1024 * 1024
const ZEROS = Buffer.alloc(256 * 1024)

/**
 * In quiet moments room is written with zeros, as much as the store has grown by since it was opened, up to this, and never more than this part of what the disk has left. In
 * space that is merely allocated the file system has to note of each piece, at the moment of the commit, that it holds something now: on ext4 that is the
 * larger part of what a commit of results costs.
 */
const AHEAD_BYTES_MAX = 64 * 1024 * 1024
const AHEAD_SHARE = 1 / 16
/** A moment is quiet when no commit has been asked for so long. */
const QUIET_MS = 20
/** Written at once: a commit that is asked for meanwhile waits half a millisecond. */
const AHEAD_STEP_BYTES = 512 * 1024

/** Kept for changes that take something away: they need pages before they free any. */
const KEPT_PAGES = 256

/** LMDB copies the pages from the root to the leaf of each key: in a tree of this many levels fit 10¹² keys. */
const DEPTH = 5
/** An entry of this part of a page and more gets pages of its own. */
const LARGE_SHARE = 0.25
/** Of the free pages within the file so many count: a large value needs pages that lie side by side, and LMDB does not use what was freed just now. */
const REUSED_SHARE = 0.5
/** Head of a page and of an entry. */
const HEAD_BYTES = 32

/**
 * Sees to it that LMDB finds room in its own file for what it is about to write, and does not meet a full disk half-way: it writes a message about
 * that into 100 bytes (`last_error` in `mdb_page_flush` of lmdb-js 3.5), which are too few, and the process ends with a broken heap, now or later.
 *
 * The room lies behind the last page in use: allocated, or where that cannot be zeros, which LMDB overwrites. Where the disk has none, free pages within the file are the rest of it: their
 * number is a guess, and so is all of it on a file system that copies on write.
 *
 * What it writes itself lies behind the end of the file, and never while a commit is made: LMDB has no page there.
 */
export class FileRoom {
  readonly #path: string
  readonly #figures: () => FileFigures
  readonly #allocator: Allocate
  readonly #freeBytes: () => number
  readonly #clock: Clock
  #file: FileHandle | undefined
  #fileBytes = 0
  #pageBytes = 4096
  #treePages = 0
  #lastPage = 0
  #usedPages = 0
  /** Pages behind the last one in use of which nothing was promised yet. */
  #freePages = 0
  /** The last guess was wrong. */
  #isMisjudged = false
  /** Commits that are being made: one, or none. */
  #commits = 0
  /** The last page in use when the store was opened. */
  #firstLastPage = 0
  #lastCommitAt: Instant
  #cancelLook: Cancel | undefined
  /** A step of writing ahead; never rejects. */
  #step: Promise<void> = Promise.resolve()
  #isClosed = false

  /** @param freeBytes what the file system has left. */
  constructor(parts: {
    readonly path: string
    readonly figures: () => FileFigures
    readonly allocator: Allocate
    readonly freeBytes: () => number
    readonly clock: Clock
  }) {
    this.#path = parts.path
    this.#figures = parts.figures
    this.#allocator = parts.allocator
    this.#freeBytes = parts.freeBytes
    this.#clock = parts.clock
    this.#lastCommitAt = parts.clock.now()
  }

  /** Makes room for the changes, then commits them. Rejects as `commit` does, or with the error of the file system when it has no room; then nothing has changed. */
  async during(changes: readonly Change[], commit: () => Promise<void>): Promise<void> {
    this.#commits++
    try {
      await this.#step
      await this.#need(changes)
      await commit()
    } finally {
      this.#commits--
      this.#rest()
    }
  }

  async #need(changes: readonly Change[]): Promise<void> {
    const kept = changes.some(({ value }) => value !== undefined) ? KEPT_PAGES : 0
    let pages = this.#pagesOf(changes)
    if (pages + kept > this.#freePages) {
      await this.#look()
      pages = this.#pagesOf(changes)
      if (pages + kept > this.#freePages) await this.#grow(pages, kept)
    }
    this.#freePages -= pages
  }

  /** LMDB found none after all. */
  misjudged(): void {
    this.#isMisjudged = true
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelLook?.()
    await this.#step
    await this.#file?.close()
    this.#file = undefined
  }

  /** Pages that the commit takes at most. */
  #pagesOf(changes: readonly Change[]): number {
    const largeBytes = this.#pageBytes * LARGE_SHARE
    let large = 0
    let smallBytes = 0
    for (const { key, value } of changes) {
      const bytes = key.length + (value?.length ?? 0) + HEAD_BYTES
      if (value === undefined) continue
      if (bytes < largeBytes) smallBytes += bytes
      else large += Math.ceil((bytes + HEAD_BYTES) / this.#pageBytes)
    }
    // Half-full pages are the worst that splitting leaves behind.
    const added = Math.ceil((2 * smallBytes) / this.#pageBytes)
    const copied = Math.min(changes.length * DEPTH, this.#treePages + added)
    // The list of free pages is written with each commit, eight bytes a page.
    const freed = Math.ceil((2 * 8 * (this.#lastPage + large)) / this.#pageBytes)
    return large + added + copied + freed + 2 * DEPTH
  }

  async #look(): Promise<void> {
    if (this.#file === undefined) {
      this.#file = await open(this.#path, 'r+')
      this.#fileBytes = (await this.#file.stat()).size
      this.#firstLastPage = this.#figures().lastPage
    }
    const { pageBytes, lastPage, treePages, usedPages } = this.#figures()
    this.#pageBytes = pageBytes
    this.#usedPages = usedPages
    this.#lastPage = lastPage
    this.#treePages = treePages
    // LMDB makes the file longer itself only where a guess was wrong.
    this.#fileBytes = Math.max(this.#fileBytes, (lastPage + 1) * pageBytes)
    this.#freePages = Math.floor(this.#fileBytes / pageBytes) - lastPage - 1
  }

  async #grow(pages: number, kept: number): Promise<void> {
    const missing = (pages + kept - this.#freePages) * this.#pageBytes
    if (await this.#allocate(Math.max(missing, GROW_BYTES))) return
    try {
      await this.#write(Math.max(missing, GROW_WRITTEN_BYTES))
      this.#isMisjudged = false
    } catch (error) {
      if (!this.#fits(pages, kept)) throw error
    }
  }

  /** Whether there is room though the file does not grow. */
  #fits(pages: number, kept: number): boolean {
    if (this.#freePages >= pages + kept) return true
    // What only takes away gets on with what is kept for it.
    if (kept === 0) return this.#freePages >= Math.min(pages, KEPT_PAGES / 2) || !this.#isMisjudged
    const reusable = Math.floor((this.#lastPage + 1 - this.#usedPages) * REUSED_SHARE)
    return !this.#isMisjudged && reusable >= pages
  }

  async #allocate(bytes: number): Promise<boolean> {
    if (!(await this.#allocator((this.#file as FileHandle).fd, this.#fileBytes, bytes))) return false
    this.#grown(bytes)
    this.#isMisjudged = false
    return true
  }

  #grown(bytes: number): void {
    this.#fileBytes += bytes
    this.#freePages = Math.floor(this.#fileBytes / this.#pageBytes) - this.#lastPage - 1
  }

  /** When nothing is committed for a while, room is written. */
  #rest(): void {
    if (this.#isClosed) return
    this.#lastCommitAt = this.#clock.now()
    this.#lookAt(after(this.#lastCommitAt, QUIET_MS))
  }

  #lookAt(at: Instant): void {
    const look = (): void => {
      this.#cancelLook = undefined
      const due = after(this.#lastCommitAt, QUIET_MS)
      if (this.#clock.now() < due) this.#lookAt(due)
      else void this.#writeAhead()
    }
    this.#cancelLook ??= this.#clock.schedule(at, look, { unref: true })
  }

  async #writeAhead(): Promise<void> {
    // Of pages that a commit is promised LMDB does not know yet.
    if (this.#commits > 0 || this.#file === undefined) return
    await this.#look()
    // From this question to the step in one go: a commit that begins later waits for the step.
    while (this.#commits === 0 && !this.#isClosed && this.#freePages * this.#pageBytes < this.#aheadBytes) {
      let isWritten = false
      this.#step = this.#writeStep().then(
        () => void (isWritten = true),
        // The disk is full, perhaps: whoever commits hears of it.
        () => undefined,
      )
      await this.#step
      if (!isWritten) return
    }
  }

  get #aheadBytes(): number {
    return Math.min(AHEAD_BYTES_MAX, (this.#lastPage - this.#firstLastPage) * this.#pageBytes, this.#freeBytes() * AHEAD_SHARE)
  }

  async #writeStep(): Promise<void> {
    await this.#write(AHEAD_STEP_BYTES)
    await (this.#file as FileHandle).datasync()
  }

  async #write(bytes: number): Promise<void> {
    const end = this.#fileBytes + bytes
    while (this.#fileBytes < end) {
      const length = Math.min(ZEROS.length, end - this.#fileBytes)
      const { bytesWritten } = await (this.#file as FileHandle).write(ZEROS, 0, length, this.#fileBytes)
      this.#grown(bytesWritten)
    }
  }
}
