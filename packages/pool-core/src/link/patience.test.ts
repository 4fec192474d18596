import { expect, test } from 'vitest'
import { Patience } from './patience.ts'

test('to look is worth it while frames come soon, and not while they do not', () => {
  const patience = new Patience(0.1)
  expect(patience.isWorthwhile).toBe(true)
  for (let i = 0; i < 10; i++) patience.ended(5, true)
  expect(patience.isWorthwhile).toBe(false)
  for (let i = 0; i < 10; i++) patience.ended(0.03, false)
  expect(patience.isWorthwhile).toBe(true)
})

test('one long pause changes nothing, however long it was', () => {
  const patience = new Patience(0.1)
  for (let i = 0; i < 10; i++) patience.ended(0.03, false)
  patience.ended(60_000, true)
  expect(patience.isWorthwhile).toBe(true)
})

test('a wait that was short but for the waking up counts as short, so that looking is tried again', () => {
  const patience = new Patience(0.1)
  for (let i = 0; i < 10; i++) patience.ended(5, true)
  for (let i = 0; i < 10; i++) patience.ended(0.18, true)
  expect(patience.isWorthwhile).toBe(true)
})

test('without a budget nobody ever looks', () => {
  const patience = new Patience(0)
  patience.ended(0, false)
  expect(patience.isWorthwhile).toBe(false)
  expect(patience.isOver(0)).toBe(true)
})

test('where looks are in vain they become ever rarer, and where one finds something they come back', () => {
  const patience = new Patience(0.1)
  const waits = (found: boolean): number => {
    let looks = 0
    for (let i = 0; i < 200; i++) {
      const looked = patience.isWorthwhile
      if (looked) looks++
      if (looked && !found) patience.gaveUp()
      patience.ended(looked && found ? 0.03 : 0.15, !(looked && found))
    }
    return looks
  }
  expect(waits(false)).toBeLessThan(10)
  for (let i = 0; i < 5; i++) waits(true)
  expect(waits(true)).toBe(200)
})
