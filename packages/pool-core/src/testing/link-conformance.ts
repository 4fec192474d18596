import { assert, deferred } from '../base/index.ts'
import type { LinkClosed, WorkerLink } from '../link/worker-link.ts'

/** The two ends of one open link. */
export interface LinkPair {
  readonly ends: readonly [WorkerLink, WorkerLink]
  /** Breaks the link as a power cut would: no close frame, no flush. */
  readonly break: () => void
}

/** One promise of the `WorkerLink` contract. `run` rejects where it is not kept. */
export interface LinkConformanceCase {
  readonly name: string
  readonly run: (pair: LinkPair) => Promise<void>
}

/** What every implementation of `WorkerLink` has to pass, each case on a fresh pair, and from either end. */
export const linkConformance: readonly LinkConformanceCase[] = [
  {
    name: 'frames arrive unchanged and in order, both ways at once',
    async run({ ends: [a, b] }) {
      const sizes = [1, 2, 125, 126, 65_535, 65_536, 1_000_000, 3]
      const there = frames(b, sizes.length)
      const back = frames(a, sizes.length)
      for (const size of sizes) {
        a.send(patterned(size, 1))
        b.send(patterned(size, 2))
      }
      assertFrames(await there, sizes, 1)
      assertFrames(await back, sizes, 2)
    },
  },
  {
    name: 'many small frames of one turn arrive in order, among large ones',
    async run({ ends: [a, b] }) {
      const sizes = Array.from({ length: 5000 }, (_, i) => (i % 1000 === 999 ? 100_000 : 1 + (i % 50)))
      const there = frames(b, sizes.length)
      for (const size of sizes) a.send(patterned(size, 3))
      assertFrames(await there, sizes, 3)
    },
  },
  {
    name: 'a frame sent before the other side listens is not lost',
    async run({ ends: [a, b] }) {
      a.send(patterned(7, 4))
      // A frame that crosses it and arrives proves that the transport has run a while without a handler at `b`.
      const back = frames(a, 1)
      b.send(patterned(8, 5))
      assertFrames(await back, [8], 5)
      assertFrames(await frames(b, 1), [7], 4)
    },
  },
  {
    name: 'an answer from within the handler arrives',
    async run({ ends: [a, b] }) {
      const done = deferred<void>()
      b.onFrame((frame) => b.send(frame.slice()))
      let trips = 0
      a.onFrame((frame) => {
        if (++trips === 100) done.resolve()
        else a.send(frame.slice())
      })
      a.send(patterned(100, 6))
      await done.promise
    },
  },
  {
    name: 'what was sent before the close arrives, then each side hears of the end once',
    async run({ ends: [a, b] }) {
      const sizes = [10, 200_000, 20]
      let closes = 0
      const ends = [closing(a), closing(b)] as const
      a.onFrame(() => {})
      const arrived: number[] = []
      b.onFrame((frame) => {
        arrived.push(frame.length)
        assert(closes === 0, 'a frame came after the end')
      })
      for (const size of sizes) a.send(patterned(size, 7))
      a.close('finished')
      const [, seen] = await Promise.all(ends.map((end) => end.promise.then((closed) => (closes++, closed))))
      assert(arrived.join() === sizes.join(), `frames before the close: sent ${sizes.join()}, arrived ${arrived.join()}`)
      assert(seen?.reason === 'finished', `the reason of the close is lost: ${seen?.reason}`)
      assert(ends[0].count() === 1 && ends[1].count() === 1, 'the end was told more than once')
    },
  },
  {
    name: 'sending after the end does nothing, closing twice does nothing',
    async run({ ends: [a, b] }) {
      const ends = [closing(a), closing(b)] as const
      a.onFrame(() => {})
      b.onFrame(() => assert(false, 'a frame arrived after the close'))
      a.close('first')
      a.close('second')
      a.send(patterned(1, 8))
      const [, seen] = await Promise.all(ends.map((end) => end.promise))
      assert(seen?.reason === 'first', `the first reason counts, got ${seen?.reason}`)
      a.send(patterned(1, 8))
      b.send(patterned(1, 8))
      b.close('third')
      assert(ends[0].count() === 1 && ends[1].count() === 1, 'the end was told more than once')
    },
  },
  {
    name: 'a handler that is set after the end is told at once',
    async run({ ends: [a, b] }) {
      b.onFrame(() => {})
      a.onFrame(() => {})
      const first = closing(b)
      a.close('finished')
      await first.promise
      let late: LinkClosed | undefined
      b.onClose((closed) => (late = closed))
      assert(late?.reason === 'finished', 'a late handler was not told of the end')
    },
  },
  {
    name: 'a link that breaks tells both sides',
    async run({ ends: [a, b], break: breakLink }) {
      const ends = [closing(a), closing(b)] as const
      for (const end of [a, b]) end.onFrame(() => {})
      breakLink()
      const closed = await Promise.all(ends.map((end) => end.promise))
      assert(
        closed.every(({ reason }) => reason !== ''),
        'a broken link gives a reason',
      )
      assert(ends[0].count() === 1 && ends[1].count() === 1, 'the end was told more than once')
    },
  },
]

/** The next `count` frames, copied. */
function frames(end: WorkerLink, count: number): Promise<readonly Uint8Array[]> {
  const { promise, resolve } = deferred<readonly Uint8Array[]>()
  const received: Uint8Array[] = []
  end.onFrame((frame) => {
    received.push(frame.slice())
    if (received.length === count) resolve(received)
  })
  return promise
}

function closing(end: WorkerLink): { readonly promise: Promise<LinkClosed>; readonly count: () => number } {
  const { promise, resolve } = deferred<LinkClosed>()
  let count = 0
  end.onClose((closed) => {
    count++
    resolve(closed)
  })
  return { promise, count: () => count }
}

/** Bytes by which a frame can be told from its neighbours, wherever it was cut. */
function patterned(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + size + seed) & 0xff)
}

function assertFrames(received: readonly Uint8Array[], sizes: readonly number[], seed: number): void {
  for (const [i, frame] of received.entries()) {
    const expected = patterned(sizes[i] as number, seed)
    assert(frame.length === expected.length, `frame ${i}: sent ${expected.length} bytes, arrived ${frame.length}`)
    assert(
      frame.every((byte, at) => byte === expected[at]),
      `frame ${i} of ${frame.length} bytes arrived changed`,
    )
  }
}
