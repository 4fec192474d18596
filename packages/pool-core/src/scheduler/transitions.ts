import { InvariantError } from '../base/assert.ts'

/** From each phase, the moves that are possible and where they lead. */
export type TransitionTable<Phase extends string, Move extends string> = Readonly<Record<Phase, Readonly<Partial<Record<Move, Phase>>>>>

/**
 * A batch. `filling`: items may still come · `closing`: all items are here, some have not settled · `cancelling`: nothing of it is
 * queued, held shards have yet to be answered · `settled`: forgotten.
 */
export type BatchPhase = 'filling' | 'closing' | 'cancelling' | 'settled'
export type BatchMove = 'end' | 'cancel' | 'settle'

export const BATCH_TRANSITIONS: TransitionTable<BatchPhase, BatchMove> = {
  filling: { end: 'closing', cancel: 'cancelling' },
  closing: { cancel: 'cancelling', settle: 'settled' },
  cancelling: { settle: 'settled' },
  settled: {},
}

/**
 * A worker that came online. `idle`: holds nothing · `busy`: holds shards of one pool · `stopping`: told to end when idle ·
 * `killed`: to be ended at once, may still answer · `lost`: gone.
 */
export type WorkerPhase = 'idle' | 'busy' | 'stopping' | 'killed' | 'lost'
export type WorkerMove = 'assign' | 'release' | 'stop' | 'kill' | 'lose'

export const WORKER_TRANSITIONS: TransitionTable<WorkerPhase, WorkerMove> = {
  idle: { assign: 'busy', stop: 'stopping', lose: 'lost' },
  busy: { assign: 'busy', release: 'idle', kill: 'killed', lose: 'lost' },
  stopping: { lose: 'lost' },
  killed: { release: 'killed', lose: 'lost' },
  lost: {},
}

/** Where `move` leads from `from`. @throws InvariantError where the table has no such move. */
export function transition<Phase extends string, Move extends string>(table: TransitionTable<Phase, Move>, from: Phase, move: Move): Phase {
  const to = table[from][move]
  if (to === undefined) throw new InvariantError(`no move ${move} from ${from}`)
  return to
}
