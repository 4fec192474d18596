import { expect, test } from 'vitest'
import { asCompleted, Future } from '../src/index.ts'
import { collectUntil } from './collect-garbage.ts'

test('asCompleted holds on to no future that it gave', async () => {
  const pending = [new Future<unknown>(), new Future<unknown>(), new Future<unknown>()]
  const iterator = asCompleted(pending)
  while (pending.length > 0) {
    pending[0]?.setResult('result')
    const reference = await (async () => new WeakRef((await iterator.next()).value as object))()
    void pending.shift()
    expect(await collectUntil(() => reference.deref() === undefined)).toBe(true)
  }
})
