import type { Reader } from '../batch-request.ts'

/** A connection on which a client has said hello. */
interface Present {
  readonly connection: number
  readonly supersede: () => void
}

/**
 * The latest connection of each client that names itself. A client has one at a time: where a later one says hello, the earlier is dead for it, and
 * what was sent there and still arrives comes late. A submission among it, which the client has made again since, would run twice.
 */
export class ClientInstances {
  readonly #present = new Map<string, Present>()

  /**
   * A client says hello. `supersede` is called, once, when a later connection of the same client does. Returns what is to be called at
   * the end of this one; undefined: a later one has said hello before.
   * @param owner the name of its token: what another token's client calls itself is another client.
   */
  enter(owner: string | undefined, { instance, connection }: Reader, supersede: () => void): (() => void) | undefined {
    const client = JSON.stringify([owner, instance])
    const before = this.#present.get(client)
    if (before !== undefined && before.connection > connection) return undefined
    const present = { connection, supersede }
    this.#present.set(client, present)
    // Clients that do not count their connections are left alone.
    if (before !== undefined && before.connection < connection) before.supersede()
    return () => {
      if (this.#present.get(client) === present) this.#present.delete(client)
    }
  }
}
