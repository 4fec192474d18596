import { expect, test } from 'vitest'
import type { SchedulerEvent } from '../scheduler/index.ts'
import { StepQueue } from './step-queue.ts'

const WOKEN: SchedulerEvent = { kind: 'woken' }

test('an event that comes up while another is stepped waits its turn, with what came along', () => {
  const said: string[] = []
  const queue: StepQueue<string> = new StepQueue((event, ran) => {
    said.push(`${event.kind} ${ran ?? '-'}`)
    if (ran === 'first') {
      queue.feed(WOKEN, 'second')
      queue.feed(WOKEN)
      said.push('first is over')
    }
  })
  queue.feed(WOKEN, 'first')
  expect(said).toEqual(['woken first', 'first is over', 'woken second', 'woken -'])
})

test('a step that throws does not keep later events from being stepped', () => {
  const said: string[] = []
  const queue = new StepQueue<string>((_event, ran) => {
    if (ran === 'bad') throw new Error('broken')
    said.push(ran ?? '-')
  })
  expect(() => queue.feed(WOKEN, 'bad')).toThrow('broken')
  queue.feed(WOKEN, 'good')
  expect(said).toEqual(['good'])
})
