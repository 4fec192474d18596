import { describe, expect, test } from 'vitest'
import { Barrier } from '../src/sync/index.ts'
import type { BarrierAction } from '../src/sync/index.ts'
import { actorsForAll, keepUntilTheEnd } from './shared-objects.ts'
import { KINDS, until } from './sync-actors.ts'
import type { Remote } from './sync-actors.ts'

const ACTORS = 4
/** The actors, and one async flow of the test itself. */
const PARTIES = ACTORS + 1

describe.each(KINDS)('between %s actors', (memory) => {
  const keep = keepUntilTheEnd()
  const actors = actorsForAll(memory, ACTORS)
  const make = async (
    options: { parties?: number; action?: BarrierAction; timeoutMs?: number } = {},
  ): Promise<{ barrier: Barrier; remotes: Remote[] }> => {
    const barrier = keep(new Barrier({ memory, parties: PARTIES, ...options }))
    return { barrier, remotes: await Promise.all(actors.map((actor) => actor.attach(barrier.handle))) }
  }
  const round = async (barrier: Barrier, remotes: Remote[]): Promise<number[]> =>
    Promise.all([barrier.wait(), ...remotes.map((remote) => remote.call<number>('waitSync'))])

  test('a bad number of parties is refused', () => {
    for (const parties of [0, -1, 1.5, 2 ** 20]) expect(() => new Barrier({ memory, parties })).toThrow(RangeError)
  })

  test('all go on when all have come', async () => {
    const { barrier, remotes } = await make()
    const early = remotes.map((remote) => remote.call('waitSync'))
    await until(() => barrier.waiting === ACTORS)
    const isEarlyDone = await Promise.race([Promise.all(early).then(() => true), Promise.resolve(false)])
    expect(isEarlyDone).toBe(false)
    await barrier.wait()
    await Promise.all(early)
    expect(barrier.waiting).toBe(0)
  })

  test('ten rounds', async () => {
    const { barrier, remotes } = await make()
    for (let i = 0; i < 10; i++) expect(new Set(await round(barrier, remotes)).size).toBe(PARTIES)
    expect(barrier.isBroken).toBe(false)
  })

  test('each party gets another number', async () => {
    const { barrier, remotes } = await make()
    expect((await round(barrier, remotes)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4])
  })

  test('the last one to come runs its action, once, before all go on', async () => {
    let runs = 0
    const { barrier, remotes } = await make({
      action: async () => {
        await Promise.resolve()
        runs++
      },
    })
    const early = remotes.map((remote) => remote.call<number>('waitSync').then(() => runs))
    await until(() => barrier.waiting === ACTORS)
    await barrier.wait()
    expect(await Promise.all(early)).toEqual([1, 1, 1, 1])
    expect(runs).toBe(1)
  })

  test('an action that throws breaks the barrier for all, and only its owner sees the error', async () => {
    const { barrier, remotes } = await make({
      action: () => {
        throw new TypeError('the action')
      },
    })
    const early = remotes.map((remote) => remote.call('waitSync'))
    const outcomes = Promise.allSettled(early)
    await until(() => barrier.waiting === ACTORS)
    await expect(barrier.wait()).rejects.toThrow('the action')
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'BARRIER_BROKEN' } })
    expect(barrier.isBroken).toBe(true)
  })

  test('abort breaks it for those who wait and those who come', async () => {
    const { barrier, remotes } = await make()
    const outcomes = Promise.allSettled(remotes.map((remote) => remote.call('waitSync')))
    await until(() => barrier.waiting === ACTORS)
    barrier.abort()
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'BARRIER_BROKEN' } })
    await expect(barrier.wait()).rejects.toMatchObject({ code: 'BARRIER_BROKEN' })
    expect(barrier.isBroken).toBe(true)
  })

  test('reset fails those who wait, and the barrier works again', async () => {
    const { barrier, remotes } = await make()
    const outcomes = Promise.allSettled(remotes.map((remote) => remote.call('waitSync')))
    await until(() => barrier.waiting === ACTORS)
    barrier.reset()
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'BARRIER_BROKEN' } })
    expect(barrier.isBroken).toBe(false)
    expect((await round(barrier, remotes)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4])
    barrier.reset()
    expect(barrier.statistics()).toEqual({ parties: PARTIES, waiting: 0, isBroken: false })
  })

  test('reset after abort makes it work again', async () => {
    const { barrier, remotes } = await make()
    const outcomes = Promise.allSettled(remotes.map((remote) => remote.call('waitSync')))
    await until(() => barrier.waiting === ACTORS)
    barrier.abort()
    await outcomes
    barrier.reset()
    expect(barrier.isBroken).toBe(false)
    await round(barrier, remotes)
  })

  test('a wait that times out breaks it for all', async () => {
    const { barrier, remotes } = await make()
    const impatient = await make({ parties: 2 })
    const outcomes = Promise.allSettled(remotes.map((remote) => remote.call('waitSync')))
    await until(() => barrier.waiting === ACTORS)
    await expect(impatient.barrier.wait({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'BARRIER_BROKEN' })
    expect(() => impatient.barrier.waitSync({ timeoutMs: 20 })).toThrow(expect.objectContaining({ code: 'BARRIER_BROKEN' }))
    impatient.barrier.reset()
    expect(() => impatient.barrier.waitSync({ timeoutMs: 20 })).toThrow(expect.objectContaining({ code: 'BARRIER_BROKEN' }))
    expect(impatient.barrier.isBroken).toBe(true)
    barrier.abort()
    await outcomes
    barrier.reset()
    const both = await Promise.allSettled([remotes[0]!.call('waitSync'), remotes[1]!.call('waitSync', { timeoutMs: 30 })])
    for (const outcome of both) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'BARRIER_BROKEN' } })
  })

  test('a default timeout counts for waits that name none', async () => {
    const { barrier } = await make({ timeoutMs: 20 })
    await expect(barrier.wait()).rejects.toMatchObject({ code: 'BARRIER_BROKEN' })
    expect(barrier.isBroken).toBe(true)
  })

  test('an aborted wait breaks it and rejects with the reason', async () => {
    const { barrier, remotes } = await make()
    const other = remotes[0]!.call('waitSync')
    const controller = new AbortController()
    const wait = barrier.wait({ signal: controller.signal })
    await until(() => barrier.waiting === 2)
    controller.abort(new Error('mine'))
    await expect(wait).rejects.toThrow('mine')
    await expect(other).rejects.toMatchObject({ code: 'BARRIER_BROKEN' })
  })

  test('a barrier of one lets it through', async () => {
    const { barrier } = await make({ parties: 1 })
    expect(await barrier.wait()).toBe(0)
    expect(barrier.waitSync()).toBe(0)
  })

  test('a thousand rounds', async () => {
    const { barrier, remotes } = await make()
    for (let i = 0; i < 1000; i++) await round(barrier, remotes)
    expect(barrier.statistics()).toEqual({ parties: PARTIES, waiting: 0, isBroken: false })
  })
})
