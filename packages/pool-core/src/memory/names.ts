import { ForkpoolError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import { isLastHolder, withDirectory } from './lease.ts'
import { NAME_PREFIX } from './name-prefix.ts'

// Not by `import`: see `nameless-memory.ts`.
const { closeSync, constants, openSync, readdirSync, unlinkSync } = process.getBuiltinModule('node:fs')

/** File names end at 255 bytes; this leaves room and is more than anybody types. */
const NAME_LENGTH_MAX = 200
const NAME_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/

/** A name that nobody has: 64 random bits. */
export function freshName(): string {
  return `${NAME_PREFIX}${systemRandom.token(8)}`
}

/**
 * The full name for a name that a user chose; a leading `/`, as in C, and the prefix may be there already.
 * @throws ForkpoolError BAD_ARGUMENT for a name with anything but letters, digits, `.`, `_` and `-`.
 */
export function fullName(name: string): string {
  const bare = name.replace(/^\//, '').replace(NAME_PREFIX, '')
  if (bare.length > NAME_LENGTH_MAX || !NAME_PATTERN.test(bare))
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      `name: expected 1 to ${NAME_LENGTH_MAX} letters, digits, ".", "_" or "-", got ${JSON.stringify(name)}`,
    )
  return NAME_PREFIX + bare
}

/**
 * Removes every shared memory of Forkpool that no living process has open: what crashed programs left. What anybody still uses, in any
 * container that shares the folder, stays; so do entries of other users. Done by itself once in each process, at its first use of
 * process memory, and at its exit. @returns the names that were removed.
 */
export function sweepSharedMemory(): string[] {
  return withDirectory((directory) =>
    readdirSync(directory).filter((name) => name.startsWith(NAME_PREFIX) && removeUnused(`${directory}/${name}`)),
  )
}

function removeUnused(path: string): boolean {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW)
  } catch {
    // Gone in the meantime, or another user's.
    return false
  }
  try {
    if (!isLastHolder(fd, 'counted')) return false
    unlinkSync(path)
    return true
  } catch {
    return false
  } finally {
    closeSync(fd)
  }
}
