import { afterAll, beforeAll } from 'vitest'
import type { MemoryKind } from '../src/sync/index.ts'
import { Actor } from './sync-actors.ts'

/** What a primitive and everything else in shared memory can do at its end. */
interface SharedThing {
  unlink(): void
  close(): void
}

/** For a group of tests: returns what keeps an object until the group is over, when it is unlinked and closed. */
export function keepUntilTheEnd(): <Kept extends SharedThing>(kept: Kept) => Kept {
  const kept: SharedThing[] = []
  afterAll(() => {
    for (const one of kept) {
      one.unlink()
      one.close()
    }
  })
  return (one) => {
    kept.push(one)
    return one
  }
}

/** For a group of tests: so many other threads or processes, there from its first test to its last. */
export function actorsForAll(memory: MemoryKind, count: number): readonly Actor[] {
  const actors: Actor[] = []
  beforeAll(() => void actors.push(...Actor.startMany(memory, count)))
  afterAll(() => Promise.all(actors.map((actor) => actor.stop())).then(() => undefined))
  return actors
}
