/** The program of the other party of the locks bench, a thread or a process: its half of each measurement. */
import { parentPort } from 'node:worker_threads'
import { Barrier, Lock, Queue, Semaphore } from '@forkpool/pool-core/sync'
import { RECORD, type PartyHandles, type PartyJob, type SharedMeasure } from './party-job.ts'

function halves(handles: PartyHandles): Readonly<Record<SharedMeasure, (count: number) => void>> {
  const lock = Lock.attach(handles.lock)
  const [ping, pong] = [Semaphore.attach(handles.ping), Semaphore.attach(handles.pong)]
  const [there, back] = [Queue.attach(handles.there), Queue.attach(handles.back)]
  return {
    contended(count) {
      for (let i = 0; i < count; i++) {
        lock.acquireSync()
        lock.release()
      }
    },
    handOff(count) {
      for (let i = 0; i < count; i++) {
        ping.acquireSync()
        pong.release()
      }
    },
    numbers(count) {
      for (let i = 0; i < count; i++) there.putSync(i)
    },
    records(count) {
      for (let i = 0; i < count; i++) there.putSync(RECORD)
    },
    echo(count) {
      for (let i = 0; i < count; i++) back.putSync(there.getSync())
    },
  }
}

let half: ReturnType<typeof halves> | undefined
let start: Barrier | undefined

function receive(message: PartyHandles | PartyJob): void {
  if ('lock' in message) {
    half = halves(message)
    start = Barrier.attach(message.start)
    return
  }
  start?.waitSync()
  half?.[message.measure](message.count)
  start?.waitSync()
}

if (parentPort === null) process.on('message', receive).on('disconnect', () => process.exit(0))
else parentPort.on('message', receive)
