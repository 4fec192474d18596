import { afterEach, describe, expect, test } from 'vitest'
import { closeAll, connected, settle } from '../test/connected-cluster.ts'

afterEach(closeAll)

describe('submit', () => {
  test('is one message out, and a future back', async () => {
    const { cluster, peer } = await connected()
    const pool = cluster.pool({ size: 1 })
    const future = pool.submit('square', 12)
    expect([future.state, await future, future.state]).toEqual(['pending', 144, 'finished'])
    expect(peer.received.slice(1)).toMatchObject([{ kind: 'submit', items: { count: 1, codec: 'f64' }, total: 1, end: true }])
    expect(peer.received[1]).not.toHaveProperty('spread')
    expect(await pool.submit('add', 1, 2)).toBe(3)
    expect(await pool.submit('nothing')).toBeUndefined()
    expect(await pool.apply('add', [3, 4])).toBe(7)
    expect(await pool.submit('describe', undefined)).toBe('undefined')
  })

  test('a failure is the error of the future', async () => {
    const { cluster } = await connected()
    const future = cluster.pool().submit('oddOnly', 4)
    expect(await future.exception()).toMatchObject({ name: 'TaskError', message: '4 is even', index: 0, cause: { name: 'RangeError' } })
  })

  test('an argument that cannot be sent is one too, and nothing is sent', async () => {
    const { cluster, peer } = await connected({ limits: { inputWindowBytes: 1000 } })
    await expect(cluster.pool().submit('describe', () => 1)).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
    await expect(cluster.pool().submit('describe', 'x'.repeat(2000))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(peer.kinds()).toEqual(['hello'])
  })

  test('cancel stops it, and the executor knows at once', async () => {
    const { cluster, peer } = await connected({ hold: true })
    const future = cluster.pool().submit('square', 1)
    await settle()
    expect(future.cancel()).toBe(true)
    expect(future.state).toBe('cancelled-and-notified')
    await expect(future).rejects.toMatchObject({ name: 'CancelledError' })
    await settle()
    expect(peer.kinds().at(-1)).toBe('cancel')
  })

  test('a call that somebody else cancels is a cancelled future', async () => {
    const { cluster, peer } = await connected({ hold: true })
    const future = cluster.pool().submit('square', 1)
    await settle()
    peer.connection.cancelFromElsewhere()
    await expect(future).rejects.toMatchObject({ name: 'CancelledError' })
    expect(future.cancelled()).toBe(true)
  })

  test('more at once than may be open wait here', async () => {
    const { cluster, peer } = await connected({ limits: { batchesOpenMax: 3 } })
    const futures = Array.from({ length: 50 }, (_, i) => cluster.pool().submit('square', i))
    expect(await Promise.all(futures)).toEqual(Array.from({ length: 50 }, (_, i) => i * i))
    expect(peer.connection.openBatches).toBe(0)
  })

  test('a result that cannot be read fails its call and no other', async () => {
    const { cluster, peer } = await connected({ hold: true })
    const [first, second] = [cluster.pool().submit('square', 1), cluster.pool().submit('square', 2)]
    await settle()
    const values = { count: 1, codec: 'cbor' as const, offsets: Uint32Array.of(0, 1), bytes: Uint8Array.of(0xff) }
    peer.connection.send({ kind: 'results', batch: 1, from: 0, count: 1, values })
    await expect(first).rejects.toMatchObject({ code: 'BAD_MESSAGE' })
    peer.connection.release()
    expect(await second).toBe(4)
  })
})
