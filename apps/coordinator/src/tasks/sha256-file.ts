import { createHash } from 'node:crypto'
import { readChunks } from './file-chunks.ts'
import { readBelowRoots } from './task-roots.ts'

/** SHA-256 of a file below the allowed folders, as lower-case hexadecimal. Memory does not grow with the file. */
export function sha256File(path: string): string {
  return readBelowRoots('sha256File', path, (descriptor) => {
    const hash = createHash('sha256')
    readChunks(descriptor, (chunk) => hash.update(chunk))
    return hash.digest('hex')
  })
}
sha256File.description = 'SHA-256 of a file below the folders that the operator allowed.'
