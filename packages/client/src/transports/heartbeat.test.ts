import { FakeClock } from '@forkpool/pool-core/testing'
import { expect, test, vi } from 'vitest'
import { HEARTBEAT_MS, startHeartbeat } from './heartbeat.ts'

function started(): { clock: FakeClock; ping: () => void; silent: () => void; heartbeat: ReturnType<typeof startHeartbeat> } {
  const clock = new FakeClock()
  const ping = vi.fn()
  const silent = vi.fn()
  return { clock, ping, silent, heartbeat: startHeartbeat(clock, ping, silent) }
}

test('asks after one silence, gives up after the next', () => {
  const { clock, ping, silent } = started()
  clock.advance(HEARTBEAT_MS)
  expect(ping).not.toHaveBeenCalled()
  clock.advance(HEARTBEAT_MS)
  expect(ping).toHaveBeenCalledOnce()
  clock.advance(HEARTBEAT_MS - 1)
  expect(silent).not.toHaveBeenCalled()
  clock.advance(1)
  expect(silent).toHaveBeenCalledOnce()
  expect(clock.pending).toBe(0)
})

test('an answer, or any message, keeps it alive', () => {
  const { clock, silent, heartbeat } = started()
  for (let i = 0; i < 20; i++) {
    clock.advance(2 * HEARTBEAT_MS - 1)
    heartbeat.heard()
  }
  expect(silent).not.toHaveBeenCalled()
})

test('a beat that comes late blames this program, and asks once more', () => {
  const { clock, ping, silent } = started()
  clock.advance(2 * HEARTBEAT_MS)
  expect(ping).toHaveBeenCalledTimes(1)
  // The loop was blocked: the clock moved on without the timer. The answer may lie in the socket, unread.
  const late = clock.nextAt() as number
  const now = vi.spyOn(clock, 'now').mockReturnValue((late + HEARTBEAT_MS) as ReturnType<FakeClock['now']>)
  clock.runNext()
  now.mockRestore()
  expect(silent).not.toHaveBeenCalled()
  expect(ping).toHaveBeenCalledTimes(2)
})

test('stops', () => {
  const { clock, heartbeat } = started()
  heartbeat.stop()
  expect(clock.pending).toBe(0)
})
