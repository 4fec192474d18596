/** Everything that the campaign does to a service. `faults/` has a file for each. */
export const FAULT_KINDS = [
  'worker-kill',
  'workers-kill',
  'worker-stop',
  'coordinator-kill',
  'coordinator-stop',
  'coordinator-restart',
  'poison-task',
  'memory-task',
  'endless-task',
  'connection-drop',
  'connection-half-open',
  'connection-one-way',
  'connection-slow',
  'frame-twice',
  'frames-swapped',
  'answer-twice',
  'disk-full',
  'clock-jump',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

/** Kinds for which a batch may be refused, or given up with a code: they come late in a world, so that most rounds excuse nothing. */
export const REFUSING_KINDS: ReadonlySet<FaultKind> = new Set(['frame-twice', 'frames-swapped', 'disk-full'])
