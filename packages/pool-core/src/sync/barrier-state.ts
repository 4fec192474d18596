/** What a barrier does. `acting`: all are there, and the last one runs the action. Source: `threading.Barrier`, whose `acting` is its lock. */
export type BarrierPhase = 'filling' | 'acting' | 'draining' | 'resetting' | 'broken'

const PHASES: readonly BarrierPhase[] = ['filling', 'acting', 'draining', 'resetting', 'broken']

/** The most parties: what the count's 20 bits hold. */
export const PARTIES_MAX = 0xf_ffff

/** The one word of a barrier: its phase, and how many are inside. */
export interface BarrierState {
  readonly phase: BarrierPhase
  readonly count: number
}

export function packState(state: BarrierState): number {
  return (PHASES.indexOf(state.phase) << 20) | state.count
}

export function unpackState(word: number): BarrierState {
  return { phase: PHASES[word >> 20] ?? 'broken', count: word & PARTIES_MAX }
}

/** One more comes in; `undefined` while those of the last round are still on their way out, or when it is broken. */
export function enter(state: BarrierState, parties: number): BarrierState | undefined {
  if (state.phase !== 'filling') return undefined
  const count = state.count + 1
  return { phase: count === parties ? 'acting' : 'filling', count }
}

/** One goes out. The last one out of a round, or of a reset, opens the barrier for the next. */
export function leave(state: BarrierState): BarrierState {
  const count = state.count - 1
  const isOver = count === 0 && (state.phase === 'draining' || state.phase === 'resetting')
  return { phase: isOver ? 'filling' : state.phase, count }
}

/** The action is done. A barrier that was broken or reset meanwhile stays so. */
export function open(state: BarrierState): BarrierState {
  return state.phase === 'acting' ? { ...state, phase: 'draining' } : state
}

/** From now on everybody fails, until a reset. A round that was complete already goes out in peace. */
export function breakUp(state: BarrierState, cause: 'abort' | 'timeout'): BarrierState {
  if (cause === 'timeout' && (state.phase === 'draining' || state.phase === 'resetting')) return state
  return { ...state, phase: 'broken' }
}

/** Whoever waits fails, and then the barrier is as new. A round that is on its way out is left alone. */
export function reset(state: BarrierState): BarrierState {
  if (state.count === 0) return { phase: 'filling', count: 0 }
  return state.phase === 'draining' ? state : { ...state, phase: 'resetting' }
}
