import { expect, it } from 'vitest'
import type { LocalPoolOptions } from '../src/pool/options.ts'
import type { Pool } from '../src/pool/pool.ts'

export type CrashTasks = typeof import('./fixtures/pool-tasks.ts')

export interface Crash {
  readonly how: string
  /** What the error says of the end. */
  readonly exit: { readonly exitCode?: number; readonly signal?: string; readonly stderr?: unknown }
}

/** The crash matrix: each way to end, at each place where a worker can. A heap of 40 MB is soon full. */
export function crashMatrix(open: (options: LocalPoolOptions<CrashTasks>) => Pool<CrashTasks>, crashes: readonly Crash[]): void {
  const options = { size: 2, crashLimit: 1, heapMb: 40 } as const

  it.each(crashes)('$how in a task: it fails alone, with how its worker ended, and the pool works on', async ({ how, exit }) => {
    await using pool = open(options)
    const outcomes = await pool.map('endWith', ['a', how, 'b', 'c'], { settle: true, chunkSize: 2 })
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { name: 'WorkerLostError', code: 'WORKER_LOST', task: 'endWith', index: 1, ...exit } })
    expect(await pool.map('square', [1, 2, 3])).toEqual([1, 4, 9])
    expect(pool.statistics().workers.lost).toBeGreaterThanOrEqual(1)
  })

  it.each(crashes)('$how in the first task of all', async ({ how, exit }) => {
    await using pool = open(options)
    await expect(pool.submit('endWith', how)).rejects.toMatchObject({
      code: 'WORKER_LOST',
      task: 'endWith',
      index: 0,
      attempts: 1,
      ...exit,
    })
    expect(await pool.submit('square', 3)).toBe(9)
  })

  // A stray error needs a turn of the event loop, and there is none while a result is encoded.
  it.each(crashes.filter(({ how }) => how !== 'stray error'))('$how while the result is encoded', async ({ how, exit }) => {
    await using pool = open(options)
    const outcomes = await pool.map('endWhileEncoding', ['fine', how, 'fine'], { settle: true, chunkSize: 1 })
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'WORKER_LOST', task: 'endWhileEncoding', index: 1, ...exit } })
    expect(await pool.submit('square', 3)).toBe(9)
  })

  it.each(crashes)('$how after the result: the result counts', async ({ how }) => {
    await using pool = open({ ...options, size: 1, crashLimit: 3 })
    expect(await pool.submit('endAfter', how)).toBe('sent')
    expect(await pool.map('square', [1, 2, 3])).toEqual([1, 4, 9])
  })

  it.each(crashes)('$how before the first task: every call says that no worker can be set up', async ({ how }) => {
    await using pool = open({ ...options, initializer: 'endWith', initializerArguments: [how] })
    await expect(pool.map('square', [1])).rejects.toMatchObject({
      code: 'TASK_MODULE',
      message: expect.stringContaining('before they are ready') as string,
    })
    await expect(pool.submit('square', 1)).rejects.toMatchObject({ code: 'TASK_MODULE' })
  })
}
