import { systemRandom } from '../base/random.ts'
import { NAME_PREFIX } from './name-prefix.ts'
import { segmentDirectory } from './segment-directory.ts'

/**
 * Makes zeroed memory without a name, for this process and those that it starts: they inherit the file descriptor. The kernel frees it with its last
 * holder, whatever way that ends, so nothing is ever left. (Killed between the two calls, this process leaves an empty file, which
 * the next program's sweep removes.) Loads no native code. @returns the file descriptor, the caller's to close.
 */
export function createNamelessFile(byteLength: number): number {
  const { ftruncateSync, openSync, unlinkSync } = process.getBuiltinModule('node:fs')
  // Not a name from the cryptographic source, which takes 4 ms to load: nobody is to find it, and one that is there already is refused.
  const path = `${segmentDirectory()}/${NAME_PREFIX}${systemRandom.next()}`
  const fd = openSync(path, 'wx+', 0o600)
  try {
    unlinkSync(path)
  } catch {
    // A sweep was sooner: nobody holds a lease on this file.
  }
  ftruncateSync(fd, byteLength)
  return fd
}
