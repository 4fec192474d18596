import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { connectThrough } from '../src/connect.ts'
import { memoryNetwork } from './memory-transport.ts'
import { Peer } from './peer.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('a batch whose iterator nobody holds any more is cancelled', async () => {
  const peer = new Peer({ tasks: { square: (n: number) => n * n }, limits: { resultWindowBytes: 80 }, shardItems: 1 })
  await using cluster = await connectThrough(memoryNetwork(peer))('ws://peer')
  await readOne()
  expect(peer.connection.openBatches).toBe(1)
  // A finaliser runs some turns after the collection that found its object; twenty are many.
  for (let turn = 0; turn < 20 && peer.connection.openBatches > 0; turn++) {
    collectGarbage()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(peer.connection.openBatches).toBe(0)
  expect(peer.kinds().at(-1)).toBe('cancel')

  /** As a `for await` that stopped at a failed task would: by the language's rules it does not call `return`. */
  async function readOne(): Promise<void> {
    const results = cluster.pool().imap(
      'square',
      Array.from({ length: 1000 }, (_, i) => i),
    )
    expect((await results.next()).value).toBe(0)
  }
})
