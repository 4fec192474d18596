import type { Problem, RepositoryFile } from './repository-file.ts'

const BYTES_MAX = 1024 * 1024

/** Names that say what kind of syntax lies there, and not what it is responsible for. */
const BUCKET = /(^|\/)(utils?|helpers?|common|types|interfaces|enums|models|misc)\//

/** Folders are responsibilities, and nothing large is committed. */
export function places(files: readonly RepositoryFile[]): readonly Problem[] {
  return files.flatMap(({ path, bytes }): Problem[] => [
    ...(BUCKET.test(path) ? [{ path, message: 'a folder is named after its responsibility, not after a kind of code' }] : []),
    ...(bytes > BYTES_MAX ? [{ path, message: `${(bytes / BYTES_MAX).toFixed(1)} MiB; at most 1` }] : []),
  ])
}
