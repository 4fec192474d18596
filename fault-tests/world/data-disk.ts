import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { inRepository } from '@forkpool/tools/service'

/** Room for some hundred batches; small enough to be filled in a moment. */
const SMALL_MB = 64

/** Why no small disk can be had here; undefined: it can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'a small disk is a tmpfs: Linux only'
  if (process.getuid?.() !== 0) return 'a small disk is a tmpfs, which only root can mount'
  const folder = newFolder()
  try {
    mount(folder)
    unmount(folder)
    return undefined
  } catch (error) {
    return `no tmpfs can be mounted here: ${(error as Error).message.trim()}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is mounted, and must not stay so when this program ends. */
const mounted = new Set<string>()
process.on('exit', () => {
  for (const folder of mounted) unmount(folder)
})

/** Where a world keeps its data: a folder of the repository's disk, or a small file system of its own that can be filled. */
export class DataDisk {
  readonly folder: string
  readonly #small: boolean

  private constructor(folder: string, small: boolean) {
    this.folder = folder
    this.#small = small
  }

  static open(small: boolean): DataDisk {
    const folder = newFolder()
    if (small) mount(folder)
    return new DataDisk(folder, small)
  }

  /** Takes all the room that is left, until `free`. */
  fill(): void {
    const file = openSync(this.#filler, 'w')
    const chunk = Buffer.alloc(1024 * 1024, 1)
    try {
      for (let size = chunk.length; size >= 4096; size /= 4) fillBy(file, chunk.subarray(0, size))
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true })
  }

  remove(): void {
    if (this.#small) unmount(this.folder)
    rmSync(this.folder, { recursive: true, force: true })
  }

  get #filler(): string {
    return join(this.folder, 'filler')
  }
}

/** Writes the same again and again until it finds no room. */
function fillBy(file: number, bytes: Uint8Array): void {
  for (let i = 0; i < SMALL_MB * 1024; i++) {
    try {
      if (writeSync(file, bytes) < bytes.length) return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return
      throw error
    }
  }
}

function newFolder(): string {
  const parent = inRepository('.cache', 'faults')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, 'data-'))
}

function mount(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_MB}m`, 'forkpool-faults', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
  mounted.add(folder)
}

function unmount(folder: string): void {
  if (!mounted.delete(folder)) return
  // Lazily: what still has a file open there keeps it, and nobody else sees it.
  execFileSync('umount', ['--lazy', folder], { stdio: 'ignore' })
}
