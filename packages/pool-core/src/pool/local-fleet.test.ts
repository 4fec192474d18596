import { expect, test } from 'vitest'
import type { ExitCause } from '../base/index.ts'
import { isNote, NoteChannel } from '../link/note-channel.ts'
import type { PoolNote, WorkerNote } from '../link/note-channel.ts'
import type { WorkerLink } from '../link/worker-link.ts'
import { decodeCoordinatorMessage } from '../protocol/index.ts'
import type { WorkerId } from '../scheduler/index.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { LocalFleet } from './local-fleet.ts'
import type { WorkerBackend } from './worker-backend.ts'

/** Workers without a program: they are ready, and end, when the test says so, or are killed. */
class HandBackend implements WorkerBackend {
  readonly kind = 'thread'
  /** Of those that have not ended, by name. */
  readonly living = new Map<string, { ready: () => void; end: (exit: ExitCause) => void; said: string[] }>()
  refuses = false
  stopsSlowly = false
  most = 0

  start({ workerId }: { readonly workerId: string }): ReturnType<WorkerBackend['start']> {
    if (this.refuses) throw new Error('no more processes')
    let onFrame: (frame: Uint8Array) => void = () => {}
    const said: string[] = []
    const link: WorkerLink = {
      send: (frame) => {
        const { kind } = isNote(frame) ? notes.read(frame) : decodeCoordinatorMessage(frame)
        said.push(kind)
        if (kind === 'stop' && !this.stopsSlowly) end({ exitCode: 0 })
      },
      flush: () => {},
      onFrame: (handler) => (onFrame = handler),
      onClose: () => {},
      close: () => {},
    }
    const { promise, resolve } = Promise.withResolvers<ExitCause>()
    const end = (exit: ExitCause): void => {
      this.living.delete(workerId)
      resolve(exit)
    }
    const notes = new NoteChannel<WorkerNote, PoolNote>({ ...link, send: (frame) => onFrame(frame) }, undefined)
    const ready = (): void => notes.send({ kind: 'ready', tasks: [] })
    this.living.set(workerId, { ready, end, said })
    this.most = Math.max(this.most, this.living.size)
    return { link, exited: promise, kill: () => end({ signal: 'SIGKILL' }) }
  }
}

const SETUP = {
  modules: [],
  initializerArguments: [],
  startTimeoutMs: 60_000,
  concurrency: 1,
  abandonAfterMs: 1_000,
} as const

function fleetOf(
  standby: number,
  workersMax: number,
): {
  readonly backend: HandBackend
  readonly clock: FakeClock
  readonly fleet: LocalFleet
  readonly news: string[]
} {
  const backend = new HandBackend()
  const clock = new FakeClock()
  const news: string[] = []
  const fleet = new LocalFleet(backend, { ...SETUP, standby, workersMax }, clock, {
    online: (worker) => news.push(`${worker} online`),
    lost: (worker) => news.push(`${worker} lost`),
    ran: () => {},
    note: () => {},
    broken: (error) => news.push(error.message),
  })
  fleet.prepare()
  return { backend, clock, fleet, news }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const readyAll = (backend: HandBackend): void => {
  for (const { ready } of backend.living.values()) ready()
}

test('what stands by is started at once, is nobody’s worker, and comes online when it is asked for, while the next is started', async () => {
  const { backend, fleet, news } = fleetOf(2, 4)
  expect([...backend.living.keys()]).toEqual(['w1', 'w2'])
  readyAll(backend)
  expect(fleet.figures()).toEqual({ standby: 2, started: 2, lost: 0 })
  expect(news).toEqual([])
  fleet.startWorkers(1)
  expect(news).toEqual([])
  await settle()
  expect(news).toEqual(['w1 online'])
  expect([...backend.living.keys()]).toEqual(['w1', 'w2', 'w3'])
  expect(fleet.figures()).toEqual({ standby: 1, started: 3, lost: 0 })
})

test('one that is ready is taken first; one that is not comes online when it is', async () => {
  const { backend, fleet, news } = fleetOf(3, 4)
  backend.living.get('w2')?.ready()
  fleet.startWorkers(1)
  await settle()
  expect(news).toEqual(['w2 online'])
  fleet.startWorkers(1)
  await settle()
  expect(news).toEqual(['w2 online'])
  backend.living.get('w1')?.ready()
  expect(news).toEqual(['w2 online', 'w1 online'])
})

test('while a worker ends, the one that took its place counts beside it: nothing more is started until it is gone', async () => {
  const { backend, fleet, news } = fleetOf(1, 2)
  readyAll(backend)
  fleet.startWorkers(1)
  readyAll(backend)
  await settle()
  backend.stopsSlowly = true
  fleet.retire('w1' as WorkerId)
  fleet.startWorkers(1)
  await settle()
  expect(news).toEqual(['w1 online', 'w2 online'])
  expect([...backend.living.keys()]).toEqual(['w1', 'w2'])
  backend.living.get('w1')?.end({ exitCode: 0 })
  await settle()
  expect(news.at(-1)).toBe('w1 lost')
  expect([...backend.living.keys()]).toEqual(['w2', 'w3'])
})

test('the place of a worker that is lost is taken by what stands by; there are never more than there may be', async () => {
  const { backend, fleet, news } = fleetOf(1, 3)
  readyAll(backend)
  fleet.startWorkers(2)
  readyAll(backend)
  await settle()
  expect(backend.living.size).toBe(3)
  for (let i = 0; i < 5; i++) {
    const [name, worker] = [...backend.living].find(([one]) => news.includes(`${one} online`)) as [
      string,
      { end: (exit: ExitCause) => void },
    ]
    news.length = 0
    worker.end({ signal: 'SIGKILL' })
    await settle()
    expect(news).toEqual([`${name} lost`])
    fleet.startWorkers(1)
    await settle()
    readyAll(backend)
    expect(news).toHaveLength(2)
    for (const one of backend.living.keys()) news.push(`${one} online`)
  }
  expect(backend.most).toBe(3)
})

test('one that stands by and ends is not reported, and the next is started a second later', async () => {
  const { backend, clock, fleet, news } = fleetOf(1, 2)
  readyAll(backend)
  backend.living.get('w1')?.end({ exitCode: 1 })
  await settle()
  expect(fleet.figures()).toEqual({ standby: 0, started: 1, lost: 1 })
  clock.advance(999)
  expect(backend.living.size).toBe(0)
  clock.advance(1)
  expect(backend.living.size).toBe(1)
  expect(news).toEqual([])
})

test('one that the system refuses is tried again, without a word to the scheduler, until it is hopeless', async () => {
  const { backend, clock, fleet, news } = fleetOf(1, 2)
  backend.refuses = true
  backend.living.get('w1')?.end({ exitCode: 1 })
  await settle()
  clock.advance(1_000)
  await settle()
  expect(news).toEqual([])
  clock.advance(1_000)
  await settle()
  expect(news).toEqual([expect.stringContaining('no more processes')])
  clock.advance(60_000)
  await settle()
  expect(fleet.figures().started).toBe(3)
})

test('the end takes what stands by along, and nothing is started after it', async () => {
  const { backend, clock, fleet } = fleetOf(2, 4)
  readyAll(backend)
  fleet.startWorkers(1)
  await settle()
  readyAll(backend)
  await fleet.end('stop')
  clock.advance(60_000)
  expect(backend.living.size).toBe(0)
  expect(fleet.figures()).toEqual({ standby: 0, started: 3, lost: 0 })
})

test('without standby nothing is started unasked, and a refused start is reported', async () => {
  const { backend, fleet, news } = fleetOf(0, 2)
  expect(backend.living.size).toBe(0)
  backend.refuses = true
  fleet.startWorkers(1)
  expect(news).toEqual([])
  await settle()
  expect(news).toEqual(['w1 lost'])
})
