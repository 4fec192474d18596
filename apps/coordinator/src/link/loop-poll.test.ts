import { FakeClock } from '@forkpool/pool-core/testing'
import { expect, test } from 'vitest'
import { LoopPoll } from './loop-poll.ts'

/** A loop that turns when it is told to. */
class Loop {
  readonly clock = new FakeClock()
  readonly poll: LoopPoll
  #waiting: (() => void) | undefined

  constructor(limitMs: number) {
    this.poll = new LoopPoll(this.clock, limitMs, (run) => {
      this.#waiting = run
    })
  }

  get isTurning(): boolean {
    return this.#waiting !== undefined
  }

  /** Lets so much time pass with a turn every 0.01 ms; how long the loop was awake. */
  pass(ms: number): number {
    let awakeMs = 0
    for (let i = 0; i < ms / 0.01; i++) {
      this.clock.advance(0.01)
      const run = this.#waiting
      this.#waiting = undefined
      run?.()
      if (run !== undefined) awakeMs += 0.01
    }
    return awakeMs
  }

  calls(count: number, everyMs: number): void {
    for (let i = 0; i < count; i++) {
      this.poll.stir()
      this.pass(everyMs)
    }
  }
}

test('calls that follow each other soon keep the loop turning between them', () => {
  const loop = new Loop(1)
  loop.calls(10, 0.2)
  loop.poll.stir()
  expect(loop.pass(0.2)).toBeCloseTo(0.2, 1)
})

test('after the last call it turns no longer than the limit, and then sleeps', () => {
  const loop = new Loop(1)
  loop.calls(10, 0.2)
  expect(loop.pass(50)).toBeLessThan(1)
  expect(loop.isTurning).toBe(false)
})

test('calls that come now and then are not waited for', () => {
  const loop = new Loop(1)
  loop.calls(10, 0.2)
  loop.pass(100)
  loop.poll.stir()
  expect(loop.isTurning).toBe(false)
  loop.pass(5)
  let awakeMs = 0
  for (let i = 0; i < 20; i++) {
    loop.poll.stir()
    awakeMs += loop.pass(5)
  }
  expect(awakeMs).toBe(0)
})

test('other work ends it, and the first call after it is not waited for', () => {
  const loop = new Loop(1)
  loop.calls(10, 0.2)
  loop.poll.stir()
  loop.poll.rest()
  loop.pass(0.02)
  expect(loop.isTurning).toBe(false)
  loop.poll.stir()
  expect(loop.isTurning).toBe(false)
})

test('a limit of 0 turns it off', () => {
  const loop = new Loop(0)
  loop.calls(10, 0.01)
  expect(loop.isTurning).toBe(false)
})
