/** A binary min-heap: `pop` returns a value that no other is `before`. Ties come out in any order. */
export class BinaryHeap<Value> {
  readonly #values: Value[] = []
  readonly #before: (a: Value, b: Value) => boolean

  /** @param before whether `a` must come out ahead of `b`: a strict weak order. */
  constructor(before: (a: Value, b: Value) => boolean) {
    this.#before = before
  }

  get length(): number {
    return this.#values.length
  }

  /** The least value without taking it; `undefined` when empty. */
  peek(): Value | undefined {
    return this.#values[0]
  }

  push(value: Value): void {
    const values = this.#values
    let at = values.length
    values.push(value)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(value, values[parent] as Value)) break
      values[at] = values[parent] as Value
      at = parent
    }
    values[at] = value
  }

  /** Takes the least value; `undefined` when empty. */
  pop(): Value | undefined {
    const values = this.#values
    const least = values[0]
    const last = values.pop()
    if (values.length > 0) this.#sink(last as Value)
    return least
  }

  /** Drops every value for which `drop` holds. O(n log n). */
  removeWhere(drop: (value: Value) => boolean): void {
    const kept = this.#values.filter((value) => !drop(value))
    this.#values.length = 0
    for (const value of kept) this.push(value)
  }

  #sink(value: Value): void {
    const values = this.#values
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= values.length) break
      if (child + 1 < values.length && this.#before(values[child + 1] as Value, values[child] as Value)) child++
      if (!this.#before(values[child] as Value, value)) break
      values[at] = values[child] as Value
      at = child
    }
    values[at] = value
  }
}
