import { posix } from '../../memory/posix.ts'
import { isOrphan, startWatchdog } from '../../worker/index.ts'

/**
 * From now on this process ends with its parent `parentPid`, silently, whatever the main thread does. On Linux the kernel sees to it; elsewhere, and where
 * native code cannot be loaded, a watching thread does, which takes 14 MB and as long to start as the process itself.
 */
export function followParent(parentPid: number): void {
  if (!endsWithParent()) startWatchdog(parentPid)
  // It may have ended before.
  else if (isOrphan(parentPid)) process.exit(0)
}

function endsWithParent(): boolean {
  try {
    return posix().endWithParent()
  } catch {
    return false
  }
}
