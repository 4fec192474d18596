import { describe, expect, it } from 'vitest'
import { editDistance, nearestNames } from './nearest-names.ts'

const TASKS = ['square', 'factorial', 'primeCount', 'sha256File', 'wordCountFile', 'mandelbrotRow', 'monteCarloPi', 'sleep', 'fail']

describe('nearestNames', () => {
  it.each([
    ['sqare', ['square']],
    ['squaer', ['square']],
    ['SQUARE', ['square']],
    ['primecount', ['primeCount']],
    ['primes', []],
    ['prime', ['primeCount']],
    ['montecarlopy', ['monteCarloPi']],
    ['zzzzzz', []],
    ['', []],
  ])('%s → %j', (name, expected) => {
    expect(nearestNames(name, TASKS, 3)).toEqual(expected)
  })

  it('finds a name behind the prefix of its module', () => {
    expect(nearestNames('resize', ['images.resize', 'photos.resize', 'square'], 5)).toEqual(['images.resize', 'photos.resize'])
  })

  it('gives the nearest first and no more than asked for', () => {
    expect(nearestNames('add', ['adder', 'dad', 'add', 'ad'], 2)).toEqual(['add', 'dad'])
    expect(nearestNames('add', ['add', 'ad'], 0)).toEqual([])
  })

  it('compares only the start of a name without end', () => {
    const name = 'a'.repeat(1_000_000)
    expect(nearestNames(name, ['a'.repeat(100)], 1)).toEqual(['a'.repeat(100)])
  })
})

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abcd', 'abdc', 1],
    ['ca', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('%j to %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })
})
