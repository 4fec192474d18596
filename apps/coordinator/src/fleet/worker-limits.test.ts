import { expect, it } from 'vitest'
import { isSpent, memoryExcess } from './worker-limits.ts'

const NONE = { startTimeoutMs: 1, memoryMb: undefined, memoryRecycleMb: undefined, tasksMax: undefined }
const MIB = 1024 * 1024

it('has no limit where none is set', () => {
  expect(memoryExcess(1e12, NONE)).toBeUndefined()
  expect(isSpent({ residentBytes: 1e12, tasksRun: 1e12 }, NONE)).toBe(false)
})

it('says how much a worker took, and what it may', () => {
  expect(memoryExcess(100 * MIB, { ...NONE, memoryMb: 100 })).toBeUndefined()
  expect(memoryExcess(100 * MIB + 1, { ...NONE, memoryMb: 100 })).toBe(
    'it took 100 MiB of memory, more than the 100 that a worker may take (--worker-memory-mb)',
  )
})

it('is spent by tasks or by memory, whichever comes first', () => {
  const limits = { ...NONE, memoryRecycleMb: 50, tasksMax: 10 }
  expect(isSpent({ residentBytes: undefined, tasksRun: 9 }, limits)).toBe(false)
  expect(isSpent({ residentBytes: 50 * MIB, tasksRun: 9 }, limits)).toBe(false)
  expect(isSpent({ residentBytes: undefined, tasksRun: 10 }, limits)).toBe(true)
  expect(isSpent({ residentBytes: 50 * MIB + 1, tasksRun: 0 }, limits)).toBe(true)
})
