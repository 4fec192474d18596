import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'

/**
 * Gives the bytes `from` to `from + length` of an open file room on the disk, and makes the file so long. False: it could not, or this system
 * has no way of doing so; then some of it may have been done.
 */
export type Allocate = (fd: number, from: number, length: number) => Promise<boolean>

/**
 * `fallocate(2)`, which Node lacks: what it gives is there for good, also under quotas and limits, and nothing is written for it. A million squares
 * pay 8 ms of processor time less for the disk than with zeros (measured, ext4).
 */
export function allocator(): Allocate {
  if (process.platform !== 'linux') return () => Promise.resolve(false)
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    const fallocate = koffi.load(null).func('int fallocate(int fd, int mode, int64_t offset, int64_t length)')
    return (fd, from, length) =>
      new Promise((resolve) =>
        fallocate.async(fd, 0, from, length, (error: unknown, result: number) => resolve(error === null && result === 0)),
      )
  } catch {
    // No binary for this machine.
    return () => Promise.resolve(false)
  }
}
