/** Whether `at` grows from failure to failure and stays below `count`. */
export function isAscendingBelow(some: readonly { readonly at: number }[], limit: number): boolean {
  let last = -1
  for (const { at } of some) {
    if (at <= last) return false
    last = at
  }
  return last < limit
}
