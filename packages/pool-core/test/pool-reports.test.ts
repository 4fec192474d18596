import { describe, expect, it } from 'vitest'
import { Event } from '../src/sync/index.ts'
import type { LinkKind } from '../src/pool/options.ts'
import type * as tasks from './fixtures/shared-tasks.ts'
import { POOLS } from './pools.ts'

const module = new URL('./fixtures/shared-tasks.ts', import.meta.url)
const LINKS: readonly LinkKind[] = ['ring', 'channel']

describe.each(POOLS)('the results of a %s pool', (memory, Pool) => {
  it.each(LINKS)('do not wait for the task that runs after theirs, on a link of the kind %s', async (link) => {
    await using pool = new Pool<typeof tasks>(module, { size: 1, link })
    using event = new Event({ memory })
    // So that the pool takes the task for a short one, and hands out several at once.
    await pool.map(
      'waitFor',
      Array.from({ length: 500 }, () => undefined),
      { chunkSize: 1 },
    )
    const results = pool.imap('waitFor', [...Array.from({ length: 6 }, () => undefined), event], { chunkSize: 1 })
    for (let i = 0; i < 6; i++) expect(await results.next()).toEqual({ done: false, value: false })
    event.set()
    expect(await results.next()).toEqual({ done: false, value: true })
    if (memory === 'process') event.unlink()
  })
})
