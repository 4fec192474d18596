import fc from 'fast-check'
import { expect, test } from 'vitest'
import { breakUp, enter, leave, open, packState, PARTIES_MAX, reset, unpackState } from './barrier-state.ts'
import type { BarrierState } from './barrier-state.ts'

test('a state survives its word', () => {
  const phase = fc.constantFrom('filling', 'acting', 'draining', 'resetting', 'broken' as const)
  fc.assert(
    fc.property(phase, fc.integer({ min: 0, max: PARTIES_MAX }), (name, count) => {
      const state = { phase: name, count } as BarrierState
      expect(unpackState(packState(state))).toEqual(state)
    }),
  )
})

test('whatever the parties do, a round releases all of its parties or fails all who are inside', () => {
  const step = fc.constantFrom('come', 'go', 'act', 'abort', 'timeout', 'reset' as const)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 80 }), (parties, steps) => {
      let state: BarrierState = { phase: 'filling', count: 0 }
      /** Parties inside: how many, and how many may still leave with success in this round. */
      let inside = 0
      for (const one of steps) {
        if (one === 'come') {
          const next = enter(state, parties)
          if (next !== undefined) inside++
          state = next ?? state
        } else if (one === 'go') {
          // Whoever is inside sees the phase and goes, except while it waits or while the last one acts.
          if (inside > 0 && state.phase !== 'filling' && state.phase !== 'acting') {
            state = leave(state)
            inside--
          }
        } else if (one === 'act') state = open(state)
        else if (one === 'reset') state = reset(state)
        else state = breakUp(state, one)
        expect(state.count).toBe(inside)
        expect(state.count).toBeLessThanOrEqual(parties)
        if (state.phase === 'filling') expect(state.count).toBeLessThan(parties)
        if (state.phase === 'acting') expect(state.count).toBe(parties)
        if (state.phase === 'draining' || state.phase === 'resetting') expect(state.count).toBeGreaterThan(0)
      }
      // From anywhere, going out and a reset lead back to a barrier as new.
      state = reset(state.phase === 'acting' ? open(state) : state)
      while (state.count > 0 && state.phase !== 'filling') state = leave(state)
      expect(reset(state).count).toBe(0)
    }),
  )
})
