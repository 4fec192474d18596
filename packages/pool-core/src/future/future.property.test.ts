import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FutureState } from './future.ts'
import { Future } from './future.ts'

type Action = 'cancel' | 'run' | 'result' | 'exception'

/** What `concurrent.futures.Future` does, as a table: the next state, or `undefined` where the call is refused. */
const TABLE: Readonly<Record<FutureState, Readonly<Record<Action, FutureState | undefined>>>> = {
  pending: { cancel: 'cancelled', run: 'running', result: 'finished', exception: 'finished' },
  running: { cancel: undefined, run: undefined, result: 'finished', exception: 'finished' },
  cancelled: { cancel: 'cancelled', run: 'cancelled-and-notified', result: undefined, exception: undefined },
  'cancelled-and-notified': { cancel: 'cancelled-and-notified', run: undefined, result: undefined, exception: undefined },
  finished: { cancel: undefined, run: undefined, result: undefined, exception: undefined },
}

const actions = fc.array(fc.constantFrom<Action>('cancel', 'run', 'result', 'exception'), { maxLength: 8 })

test('follows the table, and calls each callback and watcher once, at the right moment', () => {
  fc.assert(
    fc.property(actions, (list) => {
      const future = new Future<number>()
      let callbacks = 0
      let watchers = 0
      future.addDoneCallback(() => callbacks++)
      future.watch(() => watchers++)
      let expected: FutureState = 'pending'
      for (const action of list) {
        const next: FutureState | undefined = TABLE[expected][action]
        expect(accepts(future, action)).toBe(next !== undefined)
        expected = next ?? expected
        expect(future.state).toBe(expected)
        expect(callbacks).toBe(future.done() ? 1 : 0)
        expect(watchers).toBe(future.settled() ? 1 : 0)
      }
      expect(future.outcome() !== undefined).toBe(expected === 'finished')
    }),
  )
})

function accepts(future: Future<number>, action: Action): boolean {
  try {
    if (action === 'cancel') return future.cancel()
    if (action === 'run') future.setRunningOrNotifyCancel()
    if (action === 'result') future.setResult(1)
    if (action === 'exception') future.setException(new Error('expected'))
    return true
  } catch {
    return false
  }
}
