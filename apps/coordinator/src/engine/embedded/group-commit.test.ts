import { describe, expect, test } from 'vitest'
import type { Deferred } from '@forkpool/pool-core/base'
import { deferred } from '@forkpool/pool-core/base'
import type { LateChanges } from './group-commit.ts'
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

  test('what is decided late is decided when the commit begins, by all of it together, and is told how it went', async () => {
    const disk = new Disk()
    const writes = new GroupCommit(disk.commit)
    const said: string[] = []
    const late = (name: string, changes: readonly Change[]): LateChanges => ({
      begin: () => void said.push(`${name} begins`),
      changes: () => (said.push(`${name} decides`), changes),
      ended: (isMade) => void said.push(`${name} ${isMade ? 'made' : 'failed'}`),
    })
    const first = writes.write([change('a')])
    await disk.started(1)
    const outcomes = [
      writes.write([change('b')], late('x', [change('x')])),
      writes.write([], late('y', [])).then(() => void said.push('y told')),
    ]
    expect(said).toEqual([])
    disk.commits[0]?.done.resolve()
    await first
    await disk.started(2)
    expect(said).toEqual(['x begins', 'y begins', 'x decides', 'y decides'])
    expect(disk.keys[1]).toEqual(['b', 'x'])
    outcomes.push(writes.write([change('c')], late('z', [change('z')])))
    disk.commits[1]?.done.resolve()
    // The disk has the next group before those who waited for this one go on.
    await disk.started(3)
    expect(said.slice(4)).toEqual(['x made', 'y made', 'z begins', 'z decides'])
    const settled = Promise.allSettled(outcomes)
    disk.commits[2]?.done.reject(new Error('full'))
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(said.slice(8)).toContain('y told')
    expect(said).toContain('z failed')
    await writes.idle()
    // Nothing to write needs no disk.
    await writes.write([], late('w', []))
    expect(disk.commits).toHaveLength(3)
    expect(said.at(-1)).toBe('w made')
  })
})
