import { FakeClock } from '@forkpool/pool-core/testing'
import { describe, expect, test } from 'vitest'
import { FrameMeter } from './frame-meter.ts'

describe('FrameMeter', () => {
  test('lets a rate below the limit pass for ever', () => {
    const clock = new FakeClock()
    const meter = new FrameMeter(clock, 1000)
    for (let i = 0; i < 10_000; i++) {
      clock.advance(1)
      expect(meter.count()).toBe(0)
    }
  })

  test('slows a flood down to the limit', () => {
    const clock = new FakeClock()
    const meter = new FrameMeter(clock, 1000)
    const from = clock.now()
    let waits = 0
    for (let i = 0; i < 10_000; i++) {
      const waitMs = meter.count()
      if (waitMs === 0) continue
      waits++
      clock.advance(waitMs)
    }
    expect(clock.now() - from).toBe(10_000)
    expect(waits).toBe(100)
  })

  test('counts what comes while it should be waiting', () => {
    const clock = new FakeClock()
    const meter = new FrameMeter(clock, 1000)
    // What a chunk held already comes in spite of the pause.
    const waits = Array.from({ length: 300 }, () => meter.count()).filter((waitMs) => waitMs > 0)
    expect(waits).toEqual([100, 200, 300])
  })
})
