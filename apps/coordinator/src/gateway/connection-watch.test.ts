import type { Instant } from '@forkpool/pool-core/base'
import { describe, expect, test } from 'vitest'
import { ConnectionWatch } from './connection-watch.ts'
import { ReadProgress } from './read-progress.ts'

const LIMITS = { heartbeatMs: 30_000, messageTimeoutMs: 60_000 }

function watched(): { progress: ReadProgress; verdicts: (seconds: number, each?: (second: number) => void) => string[] } {
  const progress = new ReadProgress()
  let now = 0
  const watch = new ConnectionWatch(LIMITS, progress, now as Instant)
  return {
    progress,
    verdicts: (seconds, each) =>
      Array.from({ length: seconds }, (_, second) => {
        each?.(second)
        now += 1000
        const verdict = watch.look(now as Instant)
        return verdict === 'fine' ? [] : [`${verdict} at ${now / 1000}`]
      }).flat(),
  }
}

describe('ConnectionWatch', () => {
  test('asks a silent client once, then gives it up', () => {
    expect(watched().verdicts(61)).toEqual(['ask at 30', 'silent at 60', 'silent at 61'])
  })

  test('any byte is a sign of life; a pong is no message', () => {
    const { progress, verdicts } = watched()
    const pong = (second: number): void => {
      if (second % 31 !== 0) return
      progress.received(6)
      progress.control(0)
    }
    expect(verdicts(600, pong).every((verdict) => verdict.startsWith('ask'))).toBe(true)
  })

  test('a message that comes byte by byte is too slow, also with pings between its fragments', () => {
    const { progress, verdicts } = watched()
    const dribble = (second: number): void => {
      progress.received(1)
      if (second % 10 !== 0) return
      progress.received(8)
      progress.control(2)
    }
    expect(verdicts(61, dribble)).toEqual(['slow at 61'])
  })

  test('many messages, each in time, are fine', () => {
    const { progress, verdicts } = watched()
    const message = (second: number): void => {
      progress.received(1000)
      if (second % 50 === 49) progress.message()
    }
    expect(verdicts(1000, message)).toEqual([])
  })

  test('after a sleep of this program nobody is blamed', () => {
    const progress = new ReadProgress()
    const watch = new ConnectionWatch(LIMITS, progress, 0 as Instant)
    progress.received(1)
    expect(watch.look(1000 as Instant)).toBe('fine')
    expect(watch.look(200_000 as Instant)).toBe('fine')
    expect(watch.look(201_000 as Instant)).toBe('fine')
    expect(watch.look((200_000 + 30_000) as Instant)).not.toBe('silent')
  })

  test('nobody is given up who was not asked, however far apart the looks are', () => {
    const watch = new ConnectionWatch({ ...LIMITS, heartbeatMs: 1_000 }, new ReadProgress(), 0 as Instant)
    expect([999, 2_001, 3_000, 3_001].map((now) => watch.look(now as Instant))).toEqual(['fine', 'ask', 'fine', 'silent'])
  })

  test('with a short heartbeat a short sleep is one', () => {
    const watch = new ConnectionWatch({ ...LIMITS, heartbeatMs: 1_000 }, new ReadProgress(), 0 as Instant)
    expect(watch.look(3_000 as Instant)).toBe('fine')
    expect(watch.look(4_000 as Instant)).toBe('ask')
    expect(watch.look(5_000 as Instant)).toBe('silent')
  })
})

describe('ReadProgress', () => {
  test('control frames cannot be saved up to hide a message behind', () => {
    const progress = new ReadProgress()
    progress.received(100)
    progress.message()
    for (let i = 0; i < 10; i++) progress.control(125)
    progress.received(1)
    expect(progress.isInMessage).toBe(true)
  })
})
