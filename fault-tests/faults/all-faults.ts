import type { FaultKind } from '../plan/fault-kind.ts'
import { connectionDrop, connectionHalfOpen, connectionOneWay, connectionSlow } from './connection.ts'
import { clockJump, coordinatorKill, coordinatorRestart, coordinatorStop } from './coordinator.ts'
import { diskFull } from './disk.ts'
import type { Fault } from './fault.ts'
import { framesSwapped, frameTwice } from './frames.ts'
import { endlessTask, memoryTask, poisonTask } from './tasks.ts'
import { answerTwice, workerKill, workersKill, workerStop } from './workers.ts'

export const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  'worker-kill': workerKill,
  'workers-kill': workersKill,
  'worker-stop': workerStop,
  'coordinator-kill': coordinatorKill,
  'coordinator-stop': coordinatorStop,
  'coordinator-restart': coordinatorRestart,
  'poison-task': poisonTask,
  'memory-task': memoryTask,
  'endless-task': endlessTask,
  'connection-drop': connectionDrop,
  'connection-half-open': connectionHalfOpen,
  'connection-one-way': connectionOneWay,
  'connection-slow': connectionSlow,
  'frame-twice': frameTwice,
  'frames-swapped': framesSwapped,
  'answer-twice': answerTwice,
  'disk-full': diskFull,
  'clock-jump': clockJump,
}
