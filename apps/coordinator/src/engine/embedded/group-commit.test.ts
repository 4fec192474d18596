import { describe, expect, test } from 'vitest'
import type { Deferred } from '@forkpool/pool-core/base'
import { deferred } from '@forkpool/pool-core/base'
import { GroupCommit } from './group-commit.ts'
import type { Change } from './store.ts'

const change = (text: string, bytes = 1): Change => ({ key: Buffer.from(text), value: Buffer.alloc(bytes) })

/** A disk that finishes a commit when the test says so. */
class Disk {
  readonly commits: { readonly keys: string[]; readonly done: Deferred<void> }[] = []
  readonly #started: (() => void)[] = []

  readonly commit = (changes: readonly Change[]): Promise<void> => {
    const done = deferred<void>()
    this.commits.push({ keys: changes.map(({ key }) => Buffer.from(key).toString()), done })
    for (const tell of this.#started.splice(0)) tell()
    return done.promise
  }

  async started(count: number): Promise<void> {
    while (this.commits.length < count) await new Promise<void>((resolve) => this.#started.push(resolve))
  }

  get keys(): string[][] {
    return this.commits.map(({ keys }) => keys)
  }
}

describe('GroupCommit', () => {
  test('what comes in one turn, and what comes while the disk works, shares a commit', async () => {
    const disk = new Disk()
    const writes = new GroupCommit(disk.commit)
    const early = [writes.write([change('a')]), writes.write([change('b'), change('c')])]
    await disk.started(1)
    const late = [writes.write([change('d')]), writes.write([change('e')])]
    expect(disk.keys).toEqual([['a', 'b', 'c']])
    disk.commits[0]?.done.resolve()
    await Promise.all(early)
    await disk.started(2)
    expect(disk.keys[1]).toEqual(['d', 'e'])
    disk.commits[1]?.done.resolve()
    await Promise.all([...late, writes.idle()])
  })

  test('changes given together are never parted; a full group is followed by another', async () => {
    const disk = new Disk()
    const writes = new GroupCommit(disk.commit)
    const all = [writes.write([change('a')])]
    await disk.started(1)
    all.push(writes.write([change('b', 5e6), change('c', 5e6)]), writes.write([change('d')]))
    for (let i = 0; i < 3; i++) {
      await disk.started(i + 1)
      disk.commits[i]?.done.resolve()
    }
    await Promise.all(all)
    expect(disk.keys).toEqual([['a'], ['b', 'c'], ['d']])
  })

  test('a failed commit fails all that waited for it, and what comes later is tried again', async () => {
    const disk = new Disk()
    const writes = new GroupCommit(disk.commit)
    const outcomes = [writes.write([change('a')])]
    await disk.started(1)
    outcomes.push(writes.write([change('b')]))
    // Asked for when the commit has failed and nobody knows it.
    outcomes.push(disk.commits[0]?.done.promise.catch(() => writes.write([change('too late')])) as Promise<void>)
    const settled = Promise.allSettled(outcomes)
    disk.commits[0]?.done.reject(new Error('full'))
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await writes.idle()
    const next = writes.write([change('c')])
    await disk.started(2)
    disk.commits[1]?.done.resolve()
    await next
    await writes.idle()
    expect(disk.keys).toEqual([['a'], ['c']])
  })
})
