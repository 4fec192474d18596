import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects garbage, in this thread, until `isGone` or a few dozen times; says whether. A `WeakRef` is held until its turn of the loop ends. */
export async function collectUntil(isGone: () => boolean): Promise<boolean> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let round = 0; round < 50; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
    if (isGone()) return true
  }
  return false
}
