import { expect, test } from 'vitest'
import { observeCost, TaskCosts } from './task-cost.ts'

test('the first observation is the estimate', () => {
  const cost = { ms: 0 }
  observeCost(cost, 100, 50)
  expect(cost.ms).toBe(0.5)
})

test('a wrong guess is corrected within four shards, in either direction', () => {
  for (const [guess, truth] of [
    [20, 0.0001],
    [0.0001, 20],
  ] as const) {
    const cost = { ms: guess }
    for (let i = 0; i < 4; i++) observeCost(cost, 1_000, 1_000 * truth)
    expect(cost.ms / truth).toBeGreaterThan(0.9)
    expect(cost.ms / truth).toBeLessThan(1.1)
  }
})

test('one slow single item moves the estimate little', () => {
  const cost = { ms: 1 }
  observeCost(cost, 1, 10)
  expect(cost.ms).toBeLessThan(2)
  observeCost(cost, 100, 1_000)
  expect(cost.ms).toBeGreaterThan(5)
})

test('a time of zero is not zero: it would mean that nothing is known', () => {
  const cost = { ms: 0 }
  observeCost(cost, 10, 0)
  expect(cost.ms).toBeGreaterThan(0)
})

test('a task has one estimate', () => {
  const costs = new TaskCosts()
  observeCost(costs.of('square'), 10, 10)
  expect(costs.of('square').ms).toBe(1)
  expect(costs.of('cube').ms).toBe(0)
})

test('names without end do not fill the memory', () => {
  const costs = new TaskCosts()
  const first = costs.of('first')
  for (let i = 0; i < 10_000; i++) costs.of(`task ${i}`)
  expect(costs.of('first')).not.toBe(first)
})
