import type { LiveSnapshot } from '@forkpool/pool-core/protocol'
import { expect, test } from 'vitest'
import type { UpstreamView } from '../sources/live-message.ts'
import { HEALTH_SAMPLES_MAX, LIVE_INITIAL, type LiveEvent, type LiveState, liveStep } from './live-state.ts'

function snapshot(at: number): LiveEvent {
  const status = { residentBytes: at * 10, eventLoopLagMs: 1 }
  return { event: 'snapshot', data: { at, status } as LiveSnapshot }
}

const down: UpstreamView = { kind: 'unreachable', address: 'http://127.0.0.1:7070', reason: 'connection refused', since: 5 }

function run(...events: LiveEvent[]): LiveState {
  return events.reduce(liveStep, LIVE_INITIAL)
}

test('the first snapshot makes the page live; being connected alone does not', () => {
  expect(run({ event: 'upstream', data: { kind: 'connected' } })).toBe(LIVE_INITIAL)
  expect(run(snapshot(1))).toMatchObject({ link: { kind: 'live' }, snapshot: { at: 1 } })
})

test('an unreachable coordinator leaves the last snapshot in place, and the next one makes it live again', () => {
  expect(run(snapshot(1), { event: 'upstream', data: down })).toMatchObject({ link: down, snapshot: { at: 1 } })
  expect(run(snapshot(1), { event: 'upstream', data: down }, snapshot(9)).link).toEqual({ kind: 'live' })
})

test('silence matters only while live, and a lost dashboard keeps the time it was lost', () => {
  expect(run({ event: 'silence', at: 7 })).toBe(LIVE_INITIAL)
  expect(run(snapshot(1), { event: 'silence', at: 7 }).link).toEqual({ kind: 'silent', since: 7 })
  expect(run(snapshot(1), { event: 'lost', at: 7 }, { event: 'lost', at: 8 }, { event: 'silence', at: 9 }).link).toEqual({
    kind: 'dashboard-lost',
    since: 7,
  })
})

test('the memory of its health is bounded and starts anew with another clock', () => {
  let state = LIVE_INITIAL
  for (let at = 1; at <= HEALTH_SAMPLES_MAX + 50; at++) state = liveStep(state, snapshot(at))
  expect(state.health).toHaveLength(HEALTH_SAMPLES_MAX)
  expect(state.health.at(0)?.at).toBe(51)
  expect(liveStep(state, snapshot(2)).health).toEqual([{ at: 2, residentBytes: 20, eventLoopLagMs: 1 }])
})
