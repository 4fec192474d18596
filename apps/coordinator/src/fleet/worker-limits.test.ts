import { expect, it } from 'vitest'
import { isTired, memoryExcess } from './worker-limits.ts'

const NONE = { startTimeoutMs: 1, memoryMb: undefined, memoryRecycleMb: undefined }
const MIB = 1024 * 1024

it('has no limit where none is set', () => {
  expect(memoryExcess(1e12, NONE)).toBeUndefined()
  expect(isTired({ residentBytes: 1e12 }, NONE)).toBe(false)
})

it('says how much a worker took, and what it may', () => {
  expect(memoryExcess(100 * MIB, { ...NONE, memoryMb: 100 })).toBeUndefined()
  expect(memoryExcess(100 * MIB + 1, { ...NONE, memoryMb: 100 })).toBe(
    'it took 100 MiB of memory, more than the 100 that a worker may take (--worker-memory-mb)',
  )
})

it('is tired by memory', () => {
  const limits = { ...NONE, memoryRecycleMb: 50 }
  expect(isTired({ residentBytes: undefined }, limits)).toBe(false)
  expect(isTired({ residentBytes: 50 * MIB }, limits)).toBe(false)
  expect(isTired({ residentBytes: 50 * MIB + 1 }, limits)).toBe(true)
})
