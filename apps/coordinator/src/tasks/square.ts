/** The number times itself. */
export function square(n: number): number {
  if (typeof n !== 'number') throw new TypeError(`square takes a number, got ${n === null ? 'null' : typeof n}`)
  return n * n
}
square.description = 'The number times itself.'
