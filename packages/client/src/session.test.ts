import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ServerMessage } from '@forkpool/pool-core/protocol'
import { describe, expect, test } from 'vitest'
import { block, codeOf, connected, kinds, LOST, results, sent, SessionDriver, WELCOME } from '../test/session-driver.ts'
import { createSession } from './session-state.ts'
import { stepSession } from './session.ts'

describe('connecting', () => {
  test('says hello when the socket opens, with the token where it has one', () => {
    const driver = new SessionDriver()
    expect(sent(driver.step({ kind: 'opened' }))).toEqual([{ kind: 'hello', versions: [1, 2], client: 'test' }])
    expect(sent(stepSession(createSession('test', { token: 'secret' }), { kind: 'opened' }))).toMatchObject([
      { kind: 'hello', token: 'secret' },
    ])
  })

  test('is ready with the welcome', () => {
    const driver = new SessionDriver()
    expect(kinds(driver.open())).toEqual(['ready'])
    expect(driver.state.phase).toBe('open')
  })

  test('a refusal before the welcome is why the connection ends', () => {
    const driver = new SessionDriver()
    driver.step({ kind: 'opened' })
    const refused = driver.receive({ kind: 'refused', error: { name: 'ForkpoolError', code: 'UNAUTHORISED', message: 'no token' } })
    expect(kinds(refused)).toEqual(['disconnect'])
    const lost = driver.step({ kind: 'lost', error: LOST })
    expect(codeOf(lost, 'reconnect')).toBe('UNAUTHORISED')
  })

  test('a version that was not offered is PROTOCOL_VERSION', () => {
    const driver = new SessionDriver()
    driver.step({ kind: 'opened' })
    expect(kinds(driver.receive({ ...WELCOME, version: 99 }))).toEqual(['disconnect'])
    expect(codeOf(driver.step({ kind: 'lost', error: LOST }), 'reconnect')).toBe('PROTOCOL_VERSION')
  })

  test.each([
    ['results before the welcome', results(1, 0, 1)],
    [
      'a done before the welcome',
      { kind: 'done', batch: 1, outcome: 'completed', completed: 0, failed: 0, cancelled: 0, wallMs: 0, runMs: 0, workers: 0 },
    ],
  ] as const)('%s break the protocol', (_name, message) => {
    const driver = new SessionDriver()
    driver.step({ kind: 'opened' })
    expect(driver.receive(message)).toMatchObject([{ kind: 'disconnect', code: 1002 }])
    expect(codeOf(driver.step({ kind: 'lost', error: LOST }), 'reconnect')).toBe('BAD_MESSAGE')
  })

  test('a second welcome breaks the protocol', () => {
    const driver = connected()
    expect(driver.receive(WELCOME)).toMatchObject([{ kind: 'disconnect', code: 1002 }])
  })
})

describe('a single call', () => {
  test('is one message out and one back', () => {
    const driver = connected()
    const [batch, out] = driver.submit()
    expect(kinds(out)).toEqual(['send submit'])
    expect(kinds(driver.receive(results(batch, 0, 1, true)))).toEqual(['results', 'ended'])
    expect(driver.state.batches.size).toBe(0)
    expect(driver.state.openCount).toBe(0)
  })

  test('waits for the connection, and goes out with the welcome', () => {
    const driver = new SessionDriver()
    const [, out] = driver.submit()
    expect(out).toEqual([])
    expect(kinds(driver.open())).toEqual(['ready', 'send submit'])
  })

  test('a refusal fails it with the code of the coordinator', () => {
    const driver = connected()
    const [batch] = driver.submit()
    const out = driver.receive({ kind: 'refused', batch, error: { name: 'ForkpoolError', code: 'TASK_UNKNOWN', message: 'no such task' } })
    expect(out).toMatchObject([{ kind: 'failed', batch, error: { code: 'TASK_UNKNOWN', message: 'no such task' } }])
    expect(driver.state.openCount).toBe(0)
  })

  test('a code that nobody knows is the fault of the coordinator', () => {
    const driver = connected()
    const [batch] = driver.submit()
    const out = driver.receive({ kind: 'refused', batch, error: { name: 'Error', code: 'toString', message: 'what?' } })
    expect(codeOf(out, 'failed')).toBe('BAD_MESSAGE')
  })
})

describe('input window', () => {
  test('what the first message leaves is offered, and credit adds to it', () => {
    const driver = connected()
    const [batch, out] = driver.submit(4, false)
    expect(out.slice(1)).toEqual([{ kind: 'room', batch, bytes: 80 - 32 }])
    driver.step({ kind: 'items', batch, items: block(6), end: false })
    expect(driver.receive({ kind: 'credit', batch, bytes: 16 })).toEqual([{ kind: 'room', batch, bytes: 16 }])
  })

  test('more than the room is a fault of ours', () => {
    const driver = connected()
    const [batch] = driver.submit(4, false)
    expect(() => driver.step({ kind: 'items', batch, items: block(7), end: false })).toThrow('may send 48 bytes')
  })

  test('no room is offered after the end, by whichever message it came', () => {
    const driver = connected()
    const [first] = driver.submit(1, false)
    expect(kinds(driver.step({ kind: 'end', batch: first }))).toEqual(['send end'])
    expect(driver.receive({ kind: 'credit', batch: first, bytes: 8 })).toEqual([])
    expect(driver.step({ kind: 'end', batch: first })).toEqual([])

    const [second] = driver.submit(1, false)
    expect(sent(driver.step({ kind: 'items', batch: second, items: block(1), end: true }))).toMatchObject([{ end: true }])
    expect(driver.receive({ kind: 'credit', batch: second, bytes: 8 })).toEqual([])
  })

  test('an end that is said while the batch waits goes along with its first message', () => {
    const driver = new SessionDriver()
    const [batch] = driver.submit(1, false)
    expect(driver.step({ kind: 'end', batch })).toEqual([])
    expect(sent(driver.open())).toMatchObject([{ kind: 'submit', end: true }])
  })

  test('a first message that a new coordinator would not take fails with LIMIT_EXCEEDED', () => {
    const driver = new SessionDriver()
    const [batch] = driver.submit(4)
    const out = driver.open({ inputWindowBytes: 31 })
    expect(out.slice(1)).toMatchObject([{ kind: 'failed', batch, error: { code: 'LIMIT_EXCEEDED' } }])
  })
})

describe('result window', () => {
  test('credit is given in quarters of the window', () => {
    const driver = connected()
    const [batch] = driver.submit(10)
    driver.receive(results(batch, 0, 5))
    expect(driver.step({ kind: 'consumed', batch, bytes: 19 })).toEqual([])
    expect(sent(driver.step({ kind: 'consumed', batch, bytes: 5 }))).toEqual([{ kind: 'credit', batch, bytes: 24 }])
    expect(driver.step({ kind: 'consumed', batch, bytes: 16 })).toEqual([])
  })

  test('more than came is a fault of ours', () => {
    const driver = connected()
    const [batch] = driver.submit(10)
    driver.receive(results(batch, 0, 5))
    expect(() => driver.step({ kind: 'consumed', batch, bytes: 41 })).toThrow('40 unread bytes')
  })

  test('none is given after the end', () => {
    const driver = connected()
    const [batch] = driver.submit(10)
    driver.receive(results(batch, 0, 10, true))
    expect(driver.step({ kind: 'consumed', batch, bytes: 80 })).toEqual([])
  })
})

describe('batches open at once', () => {
  test('those beyond the limit wait, in order, for one to end', () => {
    const driver = connected()
    const [first] = driver.submit()
    driver.submit()
    const [third, waits] = driver.submit()
    const [fourth] = driver.submit()
    expect(waits).toEqual([])
    const out = driver.receive(results(first, 0, 1, true))
    expect(sent(out)).toMatchObject([{ kind: 'submit', batch: third }])
    expect(sent(driver.receive(results(third, 0, 1, true)))).toMatchObject([{ kind: 'submit', batch: fourth }])
  })

  test('one that is cancelled while it waits fails, and the next takes its place', () => {
    const driver = connected()
    const [first] = driver.submit()
    driver.submit()
    const [third] = driver.submit()
    const [fourth] = driver.submit()
    expect(driver.step({ kind: 'cancel', batch: third })).toMatchObject([
      { kind: 'failed', batch: third, error: { code: 'BATCH_CANCELLED' } },
    ])
    expect(sent(driver.receive(results(first, 0, 1, true)))).toMatchObject([{ kind: 'submit', batch: fourth }])
  })
})

describe('cancelling', () => {
  test('is said once; results that come after it are dropped, but paid for', () => {
    const driver = connected()
    const [batch] = driver.submit(10)
    expect(sent(driver.step({ kind: 'cancel', batch }))).toEqual([{ kind: 'cancel', batch }])
    expect(driver.step({ kind: 'cancel', batch })).toEqual([])
    expect(driver.receive(results(batch, 0, 3))).toEqual([{ kind: 'send', message: { kind: 'credit', batch, bytes: 24 } }])
    const out = driver.receive({
      kind: 'done',
      batch,
      outcome: 'cancelled',
      completed: 3,
      failed: 0,
      cancelled: 7,
      wallMs: 1,
      runMs: 1,
      workers: 1,
    })
    expect(kinds(out)).toEqual(['ended'])
  })

  test('items of a batch that is being cancelled, or is over, go nowhere', () => {
    const driver = connected()
    const [batch] = driver.submit(1, false)
    driver.step({ kind: 'cancel', batch })
    expect(driver.step({ kind: 'items', batch, items: block(1), end: false })).toEqual([])
    expect(driver.step({ kind: 'items', batch: 99, items: block(1), end: false })).toEqual([])
  })
})

describe('an answer that cannot be', () => {
  test.each<[string, (batch: number) => ServerMessage]>([
    ['results of items that were not sent', (batch) => results(batch, 3, 2)],
    ['fewer values than results', (batch) => ({ ...results(batch, 0, 3), values: block(2) })],
    ['an end with results missing', (batch) => results(batch, 0, 3, true)],
    ['an end that counts wrongly', (batch) => ({ ...results(batch, 0, 4), done: { ...results(batch, 0, 4, true).done!, completed: 3 } })],
  ])('%s breaks the protocol, and no further message is believed', (_name, message) => {
    const driver = connected()
    const [batch] = driver.submit(4)
    expect(driver.receive(message(batch)).at(-1)).toMatchObject({ kind: 'disconnect', code: 1002 })
    expect(driver.receive(results(batch, 0, 4, true))).toEqual([])
    const [later, out] = driver.submit()
    expect(out).toEqual([])
    const lost = driver.step({ kind: 'lost', error: LOST })
    expect(lost).toMatchObject([
      { kind: 'failed', batch, error: { code: 'CONNECTION_LOST', cause: { code: 'BAD_MESSAGE' } } },
      { kind: 'reconnect', error: { code: 'BAD_MESSAGE' } },
    ])
    expect(sent(driver.open())).toMatchObject([{ kind: 'submit', batch: later }])
  })

  test('an end before the end of the input', () => {
    const driver = connected()
    const [batch] = driver.submit(4, false)
    expect(kinds(driver.receive(results(batch, 0, 4, true)))).toEqual(['results', 'disconnect'])
  })

  test('the same results twice', () => {
    const driver = connected()
    const [batch] = driver.submit(4)
    driver.receive(results(batch, 0, 3))
    expect(kinds(driver.receive(results(batch, 0, 3)))).toEqual(['disconnect'])
  })

  test('messages for a batch that is over are ignored: they may have crossed ours', () => {
    const driver = connected()
    const [batch] = driver.submit(1)
    driver.receive(results(batch, 0, 1, true))
    expect(driver.receive({ kind: 'credit', batch, bytes: 8 })).toEqual([])
    expect(driver.receive({ kind: 'refused', batch, error: { name: 'Error', message: 'late' } })).toEqual([])
    expect(driver.receive({ kind: 'accepted', batch, id: 'b', pool: 'p', poolSize: 1 })).toEqual([])
  })
})

describe('loss', () => {
  test('without resuming it fails what is open, keeps what waits, and numbers go on', () => {
    const driver = new SessionDriver(false)
    driver.open()
    const [first] = driver.submit()
    driver.submit()
    const [third] = driver.submit()
    const lost = driver.step({ kind: 'lost', error: LOST })
    expect(kinds(lost)).toEqual(['failed', 'failed', 'reconnect'])
    expect(lost[0]).toMatchObject({ batch: first, error: { code: 'CONNECTION_LOST', message: 'the wire was cut' } })
    const [fourth, out] = driver.submit()
    expect(out).toEqual([])
    expect(sent(driver.open())).toMatchObject([{ batch: third }, { batch: fourth }])
    expect(fourth).toBe(4)
  })

  test('when no other connection is to be had, what waits fails; a later submission tries again', () => {
    const driver = connected()
    driver.step({ kind: 'lost', error: LOST })
    const [batch] = driver.submit()
    const error = new ForkpoolError('COORDINATOR_UNREACHABLE')
    expect(driver.step({ kind: 'given-up', error })).toMatchObject([{ kind: 'failed', batch, error: { code: 'COORDINATOR_UNREACHABLE' } }])
    expect(driver.state.phase).toBe('down')
    const [later, out] = driver.submit()
    expect(kinds(out)).toEqual(['reconnect'])
    expect(sent(driver.open())).toMatchObject([{ kind: 'submit', batch: later }])
  })

  test('each batch gets an error of its own', () => {
    const driver = new SessionDriver(false)
    driver.open()
    driver.submit()
    driver.submit()
    const errors = driver.step({ kind: 'lost', error: LOST }).flatMap((command) => (command.kind === 'failed' ? [command.error] : []))
    expect(errors).toHaveLength(2)
    expect(errors[0]).not.toBe(errors[1])
  })
})

describe('goodbye', () => {
  const goodbye: ServerMessage = { kind: 'goodbye', reason: 'upgrade' }

  test('open batches go on, new ones wait, and after the last the client leaves', () => {
    const driver = connected()
    const [batch] = driver.submit()
    expect(driver.receive(goodbye)).toEqual([{ kind: 'goodbye', reason: 'upgrade' }])
    const [later, out] = driver.submit()
    expect(out).toEqual([])
    expect(kinds(driver.receive(results(batch, 0, 1, true)))).toEqual(['results', 'ended', 'disconnect'])
    expect(codeOf(driver.step({ kind: 'lost', error: LOST }), 'reconnect')).toBe('DRAINING')
    expect(sent(driver.open())).toMatchObject([{ kind: 'submit', batch: later }])
  })

  test('with nothing open the client leaves at once', () => {
    expect(kinds(connected().receive(goodbye))).toEqual(['goodbye', 'disconnect'])
  })
})

describe('close', () => {
  const error = new ForkpoolError('POOL_CLOSED')

  test('fails all there is, and all that comes', () => {
    const driver = connected({ batchesOpenMax: 1 })
    driver.submit()
    driver.submit()
    expect(kinds(driver.step({ kind: 'close', error }))).toEqual(['failed', 'failed', 'disconnect'])
    const [, out] = driver.submit()
    expect(codeOf(out, 'failed')).toBe('POOL_CLOSED')
    expect(driver.step({ kind: 'close', error })).toEqual([])
    expect(driver.step({ kind: 'lost', error: LOST })).toEqual([])
  })

  test('an opening that comes too late does not open it again', () => {
    const driver = new SessionDriver()
    driver.step({ kind: 'close', error })
    expect(driver.step({ kind: 'opened' })).toEqual([])
    expect(driver.receive(WELCOME)).toEqual([])
    expect(driver.step({ kind: 'given-up', error })).toEqual([])
    expect(driver.state.phase).toBe('closed')
  })
})
