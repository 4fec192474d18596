import { describe, expect, test, vi } from 'vitest'
import { CancelledError, ForkpoolError } from '../base/errors.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { Future } from './future.ts'

const invalidState = expect.objectContaining({ code: 'INVALID_STATE' })
const timedOut = expect.objectContaining({ code: 'TIMED_OUT' })

describe('states', () => {
  test('a finished future was pending, then running', () => {
    const future = new Future<number>()
    expect([future.state, future.done(), future.running()]).toEqual(['pending', false, false])
    expect(future.setRunningOrNotifyCancel()).toBe(true)
    expect([future.state, future.done(), future.running()]).toEqual(['running', false, true])
    future.setResult(1)
    expect([future.state, future.done(), future.running(), future.cancelled()]).toEqual(['finished', true, false, false])
  })

  test('cancel works on a pending future, and again on a cancelled one', () => {
    const future = new Future<number>()
    expect(future.cancel()).toBe(true)
    expect([future.state, future.done(), future.cancelled(), future.settled()]).toEqual(['cancelled', true, true, false])
    expect(future.cancel()).toBe(true)
    expect(future.setRunningOrNotifyCancel()).toBe(false)
    expect([future.state, future.cancelled(), future.settled()]).toEqual(['cancelled-and-notified', true, true])
    expect(future.cancel()).toBe(true)
  })

  test('cancel is refused while it runs and when it has finished', () => {
    const future = new Future<number>()
    future.setRunningOrNotifyCancel()
    expect(future.cancel()).toBe(false)
    future.setResult(1)
    expect(future.cancel()).toBe(false)
  })

  test('a second result is INVALID_STATE and changes nothing', async () => {
    const future = new Future<number>()
    future.setResult(1)
    expect(() => future.setResult(2)).toThrow(invalidState)
    expect(() => future.setException(new Error('late'))).toThrow(invalidState)
    expect(await future).toBe(1)
  })

  test('a result for a cancelled future is INVALID_STATE', () => {
    const future = new Future<number>()
    future.cancel()
    expect(() => future.setResult(1)).toThrow(invalidState)
  })

  test('running twice, and after the end, is INVALID_STATE', () => {
    const running = new Future<number>()
    running.setRunningOrNotifyCancel()
    expect(() => running.setRunningOrNotifyCancel()).toThrow(invalidState)
    const cancelled = new Future<number>()
    cancelled.cancel()
    cancelled.setRunningOrNotifyCancel()
    expect(() => cancelled.setRunningOrNotifyCancel()).toThrow(invalidState)
  })

  test('the executor hears of a cancellation once, before the callbacks', () => {
    const order: string[] = []
    const future = new Future<number>({ onCancel: () => order.push('executor') })
    future.addDoneCallback(() => order.push('callback'))
    future.cancel()
    future.cancel()
    expect(order).toEqual(['executor', 'callback'])
  })
})

describe('awaiting', () => {
  test('before and after the result', async () => {
    const future = new Future<string>()
    const early = future.then((value) => `early ${value}`)
    future.setResult('value')
    expect(await early).toBe('early value')
    expect(await future).toBe('value')
    expect(await future.result()).toBe('value')
    expect(await future.exception()).toBeUndefined()
    expect(future.outcome()).toEqual({ status: 'fulfilled', value: 'value' })
  })

  test('a failure comes out of every door as the same object', async () => {
    const future = new Future<string>()
    const reason = new Error('bad')
    const awaited = future.result()
    future.setException(reason)
    await expect(awaited).rejects.toBe(reason)
    await expect(future.result(5)).rejects.toBe(reason)
    expect(await future.catch((error: unknown) => error)).toBe(reason)
    expect(await future.exception()).toBe(reason)
    expect(future.outcome()).toEqual({ status: 'rejected', reason })
  })

  test('undefined can be thrown too', async () => {
    const future = new Future<string>()
    future.setException(undefined)
    expect(await future.then(null, () => 'rejected')).toBe('rejected')
  })

  test('a cancelled future rejects at once, also before the executor knows', async () => {
    const future = new Future<string>()
    const early = future.result()
    future.cancel()
    await expect(early).rejects.toThrow(CancelledError)
    await expect(future.exception()).rejects.toThrow(CancelledError)
    expect(future.outcome()).toBeUndefined()
  })

  test('finally runs and passes the value on', async () => {
    const future = new Future<string>()
    const ran = vi.fn()
    const passed = future.finally(ran)
    future.setResult('value')
    expect(await passed).toBe('value')
    expect(ran).toHaveBeenCalledOnce()
  })

  test('it is a promise, taken as it is by whatever takes promises, and what follows from it is a plain one', async () => {
    const future = new Future<number>()
    expect(future).toBeInstanceOf(Promise)
    expect(Promise.resolve(future)).toBe(future)
    const following = [future.then((value) => value + 1), future.catch(() => 0), future.finally(() => undefined)]
    for (const promise of following) expect(promise).not.toBeInstanceOf(Future)
    expect(future).toBeInstanceOf(Future)
    expect(Object.prototype.toString.call(future)).toBe('[object Future]')
    const order: string[] = []
    const awaited = (async () => order.push(`awaited ${await future}`))()
    future.setResult(1)
    await Promise.resolve().then(() => order.push('a turn later'))
    expect(order).toEqual(['awaited 1', 'a turn later'])
    expect(await Promise.all(following)).toEqual([2, 1, 1])
    await awaited
  })

  test('it stands wherever a promise can', async () => {
    const future = new Future<number>()
    const all = Promise.all([future, Promise.resolve(2)])
    future.setResult(1)
    expect(await all).toEqual([1, 2])
    expect(Object.prototype.toString.call(future)).toBe('[object Future]')
  })
})

describe('timeouts', () => {
  test('result times out, and the future goes on', async () => {
    const clock = new FakeClock()
    const future = new Future<number>({ clock })
    const first = future.result(100)
    clock.advance(99)
    expect(clock.pending).toBe(1)
    clock.advance(1)
    await expect(first).rejects.toEqual(timedOut)
    const second = future.result(100)
    future.setResult(7)
    expect(await second).toBe(7)
    expect(clock.pending).toBe(0)
  })

  test('exception times out', async () => {
    const clock = new FakeClock()
    const future = new Future<number>({ clock })
    const waiting = future.exception(10)
    clock.advance(10)
    await expect(waiting).rejects.toEqual(timedOut)
  })

  test('a cancellation in time is no timeout', async () => {
    const clock = new FakeClock()
    const future = new Future<number>({ clock })
    const waiting = future.result(10)
    future.cancel()
    await expect(waiting).rejects.toThrow(CancelledError)
    expect(clock.pending).toBe(0)
  })
})

describe('callbacks', () => {
  test('run in order of registration, with the future, when it is done', () => {
    const future = new Future<number>()
    const order: string[] = []
    future.addDoneCallback((done) => order.push(`first ${done === future} ${done.state}`))
    future.addDoneCallback(() => order.push('second'))
    expect(order).toEqual([])
    future.setResult(1)
    expect(order).toEqual(['first true finished', 'second'])
  })

  test('one added after the end runs at once', () => {
    const future = new Future<number>()
    future.setResult(1)
    const ran = vi.fn()
    future.addDoneCallback(ran)
    expect(ran).toHaveBeenCalledOnce()
  })

  test('one that throws is reported, and the others still run', () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const future = new Future<number>()
    const second = vi.fn()
    const error = new Error('callback')
    future.addDoneCallback(() => {
      throw error
    })
    future.addDoneCallback(second)
    future.setResult(1)
    expect(second).toHaveBeenCalledOnce()
    expect(reported).toHaveBeenCalledExactlyOnceWith('exception in a done callback of a future:', error)
    reported.mockRestore()
  })

  test('run when the future is cancelled, not again when the executor knows', () => {
    const future = new Future<number>()
    const ran = vi.fn()
    future.addDoneCallback(ran)
    future.cancel()
    future.setRunningOrNotifyCancel()
    expect(ran).toHaveBeenCalledOnce()
  })
})

describe('watchers', () => {
  test('wait until the executor knows of a cancellation', () => {
    const future = new Future<number>()
    const watcher = vi.fn()
    future.watch(watcher)
    future.cancel()
    expect(watcher).not.toHaveBeenCalled()
    future.setRunningOrNotifyCancel()
    expect(watcher).toHaveBeenCalledOnce()
  })

  test('run at once on a settled future, and never after they were taken away', () => {
    const settled = new Future<number>()
    settled.setResult(1)
    const atOnce = vi.fn()
    settled.watch(atOnce)
    expect(atOnce).toHaveBeenCalledOnce()

    const open = new Future<number>()
    const never = vi.fn()
    open.watch(never)()
    open.setResult(1)
    expect(never).not.toHaveBeenCalled()
  })
})

describe('a failure that nobody looks at', () => {
  /** Runs `act` and returns what the platform reported as unhandled by the time that timers run. */
  async function unhandled(act: () => void): Promise<unknown[]> {
    const reported: unknown[] = []
    const listener = (reason: unknown): void => void reported.push(reason)
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', listener)
    try {
      act()
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.removeListener('unhandledRejection', listener)
      for (const other of others) process.on('unhandledRejection', other)
    }
    return reported
  }

  test('is an unhandled rejection, as with a promise', async () => {
    const reason = new ForkpoolError('TASK_FAILED')
    expect(await unhandled(() => new Future<number>().setException(reason))).toEqual([reason])
  })

  test.each<[string, (future: Future<number>) => unknown]>([
    ['a callback', (future) => future.addDoneCallback(() => undefined)],
    ['exception()', (future) => future.exception()],
    ['a watcher', (future) => future.watch(() => undefined)],
    ['catch', (future) => future.catch(() => undefined)],
  ])('is none after a look by %s, before the failure or right after it', async (_name, look) => {
    const early = await unhandled(() => {
      const future = new Future<number>()
      look(future)
      future.setException(new Error('seen'))
    })
    const late = await unhandled(() => {
      const future = new Future<number>()
      future.setException(new Error('seen'))
      look(future)
    })
    expect([early, late]).toEqual([[], []])
  })

  test('is none for a cancelled future', async () => {
    expect(await unhandled(() => new Future<number>().cancel())).toEqual([])
  })
})
