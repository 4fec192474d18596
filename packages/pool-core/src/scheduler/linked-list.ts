/** What a value needs to stand in a `LinkedList`; written by the list alone. */
export interface Linked<Node extends Linked<Node>> {
  /** The list that it stands in; a value stands in one at most. */
  list: LinkedList<Node> | null
  next: Node | null
  previous: Node | null
}

/**
 * A doubly linked list whose links are fields of its values: O(1) at both ends and for taking a value out of the middle, and nothing
 * is allocated. That is what queues of 100,000 one-item batches need, each of which may be cancelled at any time.
 */
export class LinkedList<Node extends Linked<Node>> {
  first: Node | null = null
  last: Node | null = null
  length = 0

  pushFirst(node: Node): void {
    node.list = this
    node.previous = null
    node.next = this.first
    if (this.first === null) this.last = node
    else this.first.previous = node
    this.first = node
    this.length++
  }

  pushLast(node: Node): void {
    node.list = this
    node.next = null
    node.previous = this.last
    if (this.last === null) this.first = node
    else this.last.next = node
    this.last = node
    this.length++
  }

  /** Takes out `node`, which must stand in this list. */
  remove(node: Node): void {
    if (node.previous === null) this.first = node.next
    else node.previous.next = node.next
    if (node.next === null) this.last = node.previous
    else node.next.previous = node.previous
    node.list = null
    node.next = null
    node.previous = null
    this.length--
  }

  /** The first becomes the last. */
  rotate(): void {
    const node = this.first
    if (node === null || node === this.last) return
    this.remove(node)
    this.pushLast(node)
  }

  *[Symbol.iterator](): IterableIterator<Node> {
    for (let node = this.first; node !== null; node = node.next) yield node
  }
}
