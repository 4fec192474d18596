import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lock } from './lock.ts'
import { Semaphore } from './semaphore.ts'

test('Lock: in any interleaving one at a time holds it, in order of arrival, and aborted waits take nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), async (scheduler, aborts) => {
      const lock = new Lock()
      let inside = 0
      const got: number[] = []
      const flows = aborts.map(async (isAborted, index) => {
        const controller = new AbortController()
        const waiting = lock.acquire({ signal: controller.signal })
        if (isAborted) void scheduler.schedule(Promise.resolve(), `abort ${index}`).then(() => controller.abort())
        try {
          using _held = await waiting
          got.push(index)
          expect(++inside).toBe(1)
          await scheduler.schedule(Promise.resolve(), `inside ${index}`)
          inside--
        } catch (error) {
          expect(error).toBe(controller.signal.reason)
        }
      })
      await scheduler.waitFor(Promise.all(flows))
      expect(got).toEqual(got.toSorted((a, b) => a - b))
      for (const [index, isAborted] of aborts.entries()) if (!isAborted) expect(got).toContain(index)
      expect([lock.isLocked, lock.statistics().waiters]).toEqual([false, 0])
    }),
    { numRuns: 100 },
  )
})

test('Semaphore: never more inside than permits, and all permits come back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.boolean(), { maxLength: 8 }),
      async (scheduler, permits, aborts) => {
        const semaphore = new Semaphore({ permits })
        let inside = 0
        const flows = aborts.map(async (isAborted, index) => {
          const controller = new AbortController()
          const waiting = semaphore.acquire({ signal: controller.signal })
          if (isAborted) void scheduler.schedule(Promise.resolve(), `abort ${index}`).then(() => controller.abort())
          try {
            using _held = await waiting
            expect(++inside).toBeLessThanOrEqual(permits)
            await scheduler.schedule(Promise.resolve(), `inside ${index}`)
            inside--
          } catch (error) {
            expect(error).toBe(controller.signal.reason)
          }
        })
        await scheduler.waitFor(Promise.all(flows))
        expect(semaphore.statistics()).toEqual({ permits, waiters: 0 })
      },
    ),
    { numRuns: 100 },
  )
})
