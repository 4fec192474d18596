import type { QueueHandle, SemaphoreHandle, BarrierHandle, LockHandle } from '@forkpool/pool-core/sync'

/** What the two parties of a measurement do together. */
export type SharedMeasure = 'contended' | 'handOff' | 'numbers' | 'records' | 'echo'

/** What the other party is given at its start. */
export interface PartyHandles {
  readonly lock: LockHandle
  readonly ping: SemaphoreHandle
  readonly pong: SemaphoreHandle
  readonly there: QueueHandle
  readonly back: QueueHandle
  readonly start: BarrierHandle
}

/** What the other party is told to do: its half of a measurement. */
export interface PartyJob {
  readonly measure: SharedMeasure
  readonly count: number
}

/** The record that is put again and again: as Python's `ITEM`. */
export const RECORD = { id: 1, name: 'a small record', values: [1.5, 2.5, 3.5] }
