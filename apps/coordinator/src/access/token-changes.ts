import type { TokenEntry } from './token-entry.ts'

/** Names of tokens, for a log. */
export interface TokenChanges {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** The same token, with another name, role or weight. */
  readonly changed: readonly string[]
}

/** What became of a list of tokens. A token is the same where its hash is: a name that has another token now is both added and removed. */
export function tokenChanges(before: readonly TokenEntry[], next: readonly TokenEntry[]): TokenChanges {
  const in_ = (list: readonly TokenEntry[], { hash }: TokenEntry): TokenEntry | undefined => list.find((entry) => entry.hash.equals(hash))
  const isOther = (entry: TokenEntry): boolean => {
    const old = in_(before, entry)
    return old !== undefined && (old.name !== entry.name || old.role !== entry.role || old.weight !== entry.weight)
  }
  return {
    added: next.filter((entry) => in_(before, entry) === undefined).map(({ name }) => name),
    removed: before.filter((entry) => in_(next, entry) === undefined).map(({ name }) => name),
    changed: next.filter(isOther).map(({ name }) => name),
  }
}
