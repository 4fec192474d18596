import { expect, test } from 'vitest'
import { after, systemClock } from './clock.ts'
import type { Instant } from './clock.ts'
import { deferred } from './deferred.ts'

test('now never goes back', () => {
  let before = systemClock.now()
  for (let i = 0; i < 1_000; i++) {
    const now = systemClock.now()
    expect(now).toBeGreaterThanOrEqual(before)
    before = now
  }
})

test('wallTime is in milliseconds since 1970', () => {
  const year = new Date(systemClock.wallTime()).getUTCFullYear()
  expect(year).toBeGreaterThanOrEqual(2025)
  expect(year).toBeLessThan(2200)
})

test('schedule runs what it is given, a time that is past included', async () => {
  const ran = deferred<string>()
  systemClock.schedule(after(systemClock.now(), -1_000), () => ran.resolve('ran'))
  await expect(ran.promise).resolves.toBe('ran')
})

test('what was cancelled does not run, and cancelling twice is fine', async () => {
  const later = deferred<void>()
  let ran = false
  const cancel = systemClock.schedule(systemClock.now(), () => {
    ran = true
  })
  cancel()
  cancel()
  systemClock.schedule(after(systemClock.now(), 2), () => later.resolve())
  await later.promise
  expect(ran).toBe(false)
})

test('a delay beyond what a platform timer takes does not fire at once', async () => {
  const later = deferred<void>()
  let ran = false
  const cancel = systemClock.schedule(
    after(systemClock.now(), 2 ** 40),
    () => {
      ran = true
    },
    { unref: true },
  )
  systemClock.schedule(after(systemClock.now(), 5), () => later.resolve())
  await later.promise
  cancel()
  expect(ran).toBe(false)
})

test('after adds milliseconds', () => {
  expect(after(5 as Instant, 2.5)).toBe(7.5)
})
