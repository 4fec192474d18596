import type { ServerMessage, WelcomeMessage } from '@forkpool/pool-core/protocol'
import { describe, expect, test } from 'vitest'
import { block, kinds, LIMITS, LOST, results, sent, SessionDriver, WELCOME } from '../test/session-driver.ts'
import type { SessionCommand } from './session-events.ts'
import { takeBatchNumber } from './session-state.ts'

describe('a batch that was submitted elsewhere', () => {
  const attached = (batch: number, inputEnded: boolean): ServerMessage => ({
    kind: 'attached',
    batch,
    id: 'b1',
    task: 'square',
    pool: 'p',
    poolSize: 2,
    received: 3,
    roomBytes: 80,
    inputEnded,
  })

  function second(limits: Partial<WelcomeMessage['limits']> = {}): SessionDriver {
    const driver = new SessionDriver()
    driver.step({ kind: 'opened' })
    driver.receive({ ...WELCOME, version: 2, limits: { ...LIMITS, ...limits } })
    return driver
  }

  function attach(driver: SessionDriver): [number, readonly SessionCommand[]] {
    const batch = takeBatchNumber(driver.state)
    return [batch, driver.step({ kind: 'attach', batch, id: 'b1' })]
  }

  test('is asked for by its identifier, and its results and end are passed on', () => {
    const driver = second()
    const [batch, commands] = attach(driver)
    expect(sent(commands)).toEqual([{ kind: 'attach', batch, id: 'b1' }])
    expect(kinds(driver.receive(attached(batch, true)))).toEqual(['attached'])
    expect(kinds(driver.receive(results(batch, 0, 3, true)))).toEqual(['results', 'ended'])
    expect(driver.state.openCount).toBe(0)
  })

  test('has no further input once it is read here', () => {
    const driver = second()
    const [batch] = attach(driver)
    expect(kinds(driver.receive(attached(batch, false)))).toEqual(['attached', 'send end'])
  })

  test('waits for its turn and for a connection, and is asked for again with what came', () => {
    const driver = second({ batchesOpenMax: 1 })
    const [first] = driver.submit()
    const [batch, commands] = attach(driver)
    expect(commands).toEqual([])
    expect(kinds(driver.receive(results(first, 0, 1, true)))).toEqual(['results', 'ended', 'send attach'])
    driver.receive(attached(batch, true))
    driver.receive(results(batch, 1, 1))
    driver.step({ kind: 'lost', error: LOST })
    driver.step({ kind: 'opened' })
    const again = driver.receive({ ...WELCOME, version: 2, session: 's2' })
    expect(sent(again)).toEqual([{ kind: 'attach', batch, id: 'b1', have: [1, 2] }])
  })

  test('that is unknown fails with what the coordinator says, also after a lost connection', () => {
    const refused = (batch: number): ServerMessage => ({
      kind: 'refused',
      batch,
      error: { name: 'ForkpoolError', code: 'BATCH_UNKNOWN', message: 'no batch b1' },
    })
    const driver = second()
    const [batch] = attach(driver)
    expect(driver.receive(refused(batch))).toMatchObject([{ kind: 'failed', batch, error: { code: 'BATCH_UNKNOWN' } }])
    const [later] = attach(driver)
    driver.step({ kind: 'lost', error: LOST })
    driver.step({ kind: 'opened' })
    driver.receive({ ...WELCOME, version: 2 })
    expect(driver.receive(refused(later))).toMatchObject([{ kind: 'failed', batch: later, error: { code: 'BATCH_UNKNOWN' } }])
  })

  test('is left: at once, before the answer, before its turn, and while there is no connection', () => {
    const driver = second({ batchesOpenMax: 1 })
    const [open] = attach(driver)
    driver.receive(attached(open, true))
    const [waiting] = attach(driver)
    expect(driver.step({ kind: 'leave', batch: waiting })).toEqual([])
    const [next] = attach(driver)
    expect(kinds(driver.step({ kind: 'leave', batch: open }))).toEqual(['send leave', 'send attach'])
    // What was on the way is nobody's.
    expect(driver.receive(results(open, 0, 3, true))).toEqual([])
    expect(kinds(driver.step({ kind: 'leave', batch: next }))).toEqual(['send leave'])
    expect(driver.receive(attached(next, true))).toEqual([])
    const [lost] = attach(driver)
    driver.step({ kind: 'lost', error: LOST })
    expect(driver.step({ kind: 'leave', batch: lost })).toEqual([])
    driver.step({ kind: 'opened' })
    expect(kinds(driver.receive({ ...WELCOME, version: 2 }))).toEqual(['ready'])
    expect(driver.state.batches.size).toBe(0)
    expect(driver.state.openCount).toBe(0)
    expect(driver.step({ kind: 'leave', batch: lost })).toEqual([])
  })
})

describe('a batch whose key was known', () => {
  test('after a lost connection only items go out that the coordinator lacks, and each says which it is', () => {
    const driver = new SessionDriver()
    const welcome: WelcomeMessage = { ...WELCOME, version: 2, limits: { ...LIMITS, inputWindowBytes: 1_000 } }
    driver.step({ kind: 'opened' })
    driver.receive(welcome)
    const batch = takeBatchNumber(driver.state)
    driver.step({ kind: 'submit', message: { kind: 'submit', batch, task: 'square', key: 'nightly', items: block(2) } })
    const attached = { kind: 'attached', batch, id: 'b1', task: 'square', pool: 'default', poolSize: 2, inputEnded: false } as const
    driver.receive({ ...attached, received: 5, roomBytes: 1_000 })
    driver.step({ kind: 'lost', error: LOST })
    driver.step({ kind: 'opened' })
    driver.receive(welcome)
    driver.receive({ ...attached, received: 5, roomBytes: 1_000 })
    const room = 1_000
    expect(driver.step({ kind: 'items', batch, items: block(2), end: false })).toEqual([{ kind: 'room', batch, bytes: room }])
    expect(sent(driver.step({ kind: 'items', batch, items: block(3), end: false }))).toMatchObject([
      { kind: 'items', from: 5, items: { count: 2 } },
    ])
    expect(sent(driver.step({ kind: 'items', batch, items: block(1), end: true }))).toMatchObject([{ kind: 'items', from: 7, end: true }])
  })
})
