import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'

test('a port that is taken is passed over, a free one is kept', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const other = await freePort(port)
  expect(other).not.toBe(port)
  expect(await freePort(other)).toBe(other)
  taken.close()
  await once(taken, 'close')
  expect(await freePort(port)).toBe(port)
})
