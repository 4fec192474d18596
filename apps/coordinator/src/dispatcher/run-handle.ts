import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchHandle, BatchSink } from '../batch-request.ts'
import type { BatchRun } from './batch-run.ts'

/** What a handle does to its batch. */
export interface RunCalls {
  add(run: BatchRun, items: ItemBlock, ended: boolean): void
  end(run: BatchRun): void
  cancel(run: BatchRun): void
  pause(run: BatchRun, paused: boolean): void
  leave(run: BatchRun): void
  abandon(run: BatchRun): void
}

/** A handle on a batch that is good as long as its sink is the one that is told. */
export function runHandle(run: BatchRun, sink: BatchSink, calls: RunCalls): BatchHandle {
  const ifTold = (call: () => void): void => {
    if (run.sink === sink) call()
  }
  return {
    id: run.id,
    add: (items, ended) => ifTold(() => calls.add(run, items, ended)),
    end: () => ifTold(() => calls.end(run)),
    cancel: () => ifTold(() => calls.cancel(run)),
    pause: (paused) => ifTold(() => calls.pause(run, paused)),
    leave: () => ifTold(() => calls.leave(run)),
    abandon: () => ifTold(() => calls.abandon(run)),
  }
}
