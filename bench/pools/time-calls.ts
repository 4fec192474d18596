/** Microseconds of single calls, each made when the one before has its result. */
export async function timeCalls(call: (n: number) => PromiseLike<number>, count: number): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now()
    const result = await call(n)
    times.push((performance.now() - startedAt) * 1000)
    if (result !== n * n) throw new Error(`${n} squared is not ${result}`)
  }
  return times
}
