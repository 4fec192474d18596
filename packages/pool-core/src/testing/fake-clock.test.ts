import { expect, test } from 'vitest'
import { after } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { FakeClock } from './fake-clock.ts'

function at(ms: number): Instant {
  return ms as Instant
}

test('stands still until it is moved', () => {
  const clock = new FakeClock({ now: 100, wallTime: 1_000 })
  expect([clock.now(), clock.now(), clock.wallTime()]).toEqual([100, 100, 1_000])
  clock.advance(5)
  expect([clock.now(), clock.wallTime()]).toEqual([105, 1_005])
})

test('runs what is due in order of time, and of asking where times are equal', () => {
  const clock = new FakeClock()
  const ran: string[] = []
  for (const [ms, name] of [
    [30, 'c'],
    [10, 'a'],
    [20, 'b1'],
    [20, 'b2'],
    [40, 'd'],
  ] as const) {
    clock.schedule(at(ms), () => ran.push(`${name}@${clock.now()}`))
  }
  clock.advanceTo(at(30))
  expect(ran).toEqual(['a@10', 'b1@20', 'b2@20', 'c@30'])
  expect(clock.pending).toBe(1)
  expect(clock.nextAt()).toBe(40)
})

test('runs what is scheduled on the way, if it falls due', () => {
  const clock = new FakeClock()
  const ran: number[] = []
  const again = (): void => {
    ran.push(clock.now())
    clock.schedule(after(clock.now(), 10), again)
  }
  clock.schedule(at(10), again)
  clock.advance(35)
  expect(ran).toEqual([10, 20, 30])
  expect(clock.now()).toBe(35)
})

test('does not run what was cancelled, before or on the way', () => {
  const clock = new FakeClock()
  const ran: string[] = []
  const first = clock.schedule(at(1), () => ran.push('first'))
  const third = clock.schedule(at(3), () => ran.push('third'))
  clock.schedule(at(2), () => third())
  first()
  first()
  expect(clock.pending).toBe(2)
  clock.advance(10)
  expect(ran).toEqual([])
  expect(clock.pending).toBe(0)
  expect(clock.runNext()).toBe(false)
})

test('what is past runs now: time does not go back', () => {
  const clock = new FakeClock({ now: 50 })
  let ran = -1
  clock.schedule(at(10), () => {
    ran = clock.now()
  })
  expect(clock.runNext()).toBe(true)
  expect(ran).toBe(50)
  clock.advanceTo(at(20))
  expect(clock.now()).toBe(50)
})

test('the wall clock may jump; now does not notice', () => {
  const clock = new FakeClock({ wallTime: 1_000_000 })
  clock.advance(10)
  clock.jumpWallTime(-3_600_000)
  expect(clock.wallTime()).toBe(1_000_010 - 3_600_000)
  expect(clock.now()).toBe(10)
})
