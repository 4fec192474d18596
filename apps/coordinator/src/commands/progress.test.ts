import { expect, test } from 'vitest'
import { FakeClock } from '@forkpool/pool-core/testing'
import { Progress } from './progress.ts'

function stream(isTTY: boolean): { readonly text: () => string; readonly stream: { isTTY: boolean; write: (text: string) => void } } {
  let written = ''
  return { text: () => written, stream: { isTTY, write: (text) => void (written += text) } }
}

test('on a terminal a bar with rate and time left, drawn over itself, and gone when cleared', () => {
  const clock = new FakeClock()
  const { text, stream: terminal } = stream(true)
  const progress = new Progress(terminal, 'square', 'tasks', clock)
  progress.update(1, 0, 100)
  expect(text()).toBe('')
  clock.advance(1000)
  progress.update(25, 1, 100)
  expect(text()).toBe('\r\u001b[Ksquare [######..................] 25/100  25 tasks/s  3.0 s left  1 failed')
  progress.clear()
  expect(text().endsWith('\r\u001b[K')).toBe(true)
})

test('elsewhere a plain line now and then', () => {
  const clock = new FakeClock()
  const { text, stream: pipe } = stream(false)
  const progress = new Progress(pipe, 'square', 'tasks', clock)
  clock.advance(1000)
  progress.update(10, 0, undefined)
  expect(text()).toBe('')
  clock.advance(4000)
  progress.update(1000, 0, undefined)
  progress.clear()
  expect(text()).toBe('square: 1,000, 200 tasks/s\n')
})
