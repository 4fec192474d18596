import { describe, expect, test } from 'vitest'
import { collectUntil } from './collect-garbage.ts'
import type { PoolTasks } from './pools.ts'
import { POOL_TASKS, POOLS } from './pools.ts'

/** An object that can be told from others only by its identity. */
const large = (): object => ({ values: Array.from({ length: 100 }, (_, i) => i) })

describe.each(POOLS)('what a %s pool holds on to', (_kind, Pool) => {
  test('neither the arguments nor the results of a call that has ended', async () => {
    await using pool = new Pool<PoolTasks>(POOL_TASKS, { size: 1 })
    const references: WeakRef<object>[] = []
    await (async () => {
      const items = [large(), large(), large()]
      const results = (await pool.map('echo', items)) as object[]
      const alone = large()
      const result = (await pool.submit('echo', alone)) as object
      references.push(...[...items, ...results, alone, result].map((object) => new WeakRef(object)))
    })()
    expect(await collectUntil(() => references.every((reference) => reference.deref() === undefined))).toBe(true)
  })

  test('not the call whose future was thrown away', async () => {
    await using pool = new Pool<PoolTasks>(POOL_TASKS, { size: 1 })
    const reference = (() => {
      const argument = large()
      void pool.submit('echo', argument)
      return new WeakRef(argument)
    })()
    expect(await collectUntil(() => reference.deref() === undefined)).toBe(true)
  })

  test('a stream keeps no result that was read', async () => {
    await using pool = new Pool<PoolTasks>(POOL_TASKS, { size: 1 })
    const stream = pool.imap('echo', [large(), large(), large()], { chunkSize: 3 })
    for (let i = 0; i < 3; i++) {
      const reference = new WeakRef((await stream.next()).value as object)
      expect(await collectUntil(() => reference.deref() === undefined)).toBe(true)
    }
    await stream.return()
  })
})
