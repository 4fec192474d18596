/**
 * Moves labels at one side of a chart apart until neighbours are `gap` pixels apart, as near to their wish as that allows, between `from`
 * and `to`. The answer is in the order of the input. With more labels than room they overlap at the end rather than leave the chart.
 */
export function spreadLabels(wished: readonly number[], gap: number, from: number, to: number): readonly number[] {
  const order = wished.map((_, index) => index).sort((a, b) => (wished[a] ?? 0) - (wished[b] ?? 0))
  // Groups of touching labels, each centred on the mean of its wishes: merged until no two groups touch.
  const groups: { indices: number[]; top: number }[] = []
  for (const index of order) {
    groups.push({ indices: [index], top: clamp(wished[index] ?? 0, from, to) })
    for (let last = groups.at(-1), before = groups.at(-2); last && before; last = groups.at(-1), before = groups.at(-2)) {
      if (before.top + before.indices.length * gap <= last.top) break
      const indices = [...before.indices, ...last.indices]
      const middle = indices.reduce((sum, i) => sum + (wished[i] ?? 0), 0) / indices.length
      const height = (indices.length - 1) * gap
      groups.splice(-2, 2, { indices, top: clamp(middle - height / 2, from, Math.max(from, to - height)) })
    }
  }
  const placed = new Array<number>(wished.length).fill(0)
  for (const { indices, top } of groups) indices.forEach((index, i) => (placed[index] = Math.min(to, top + i * gap)))
  return placed
}

function clamp(value: number, from: number, to: number): number {
  return Math.min(to, Math.max(from, value))
}
