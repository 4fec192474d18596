import { describe, expect, it } from 'vitest'
import { ShardContext, TaskRegistry, withTaskContext } from '@forkpool/pool-core/task'
import * as tasks from './index.ts'

describe('square', () => {
  it('multiplies the number with itself', () => {
    expect([0, -3, 1.5, 2 ** 40].map(tasks.square)).toEqual([0, 9, 2.25, 2 ** 80])
  })

  it('refuses what is no number', () => {
    expect(() => tasks.square('3' as unknown as number)).toThrow('square takes a number, got string')
    expect(() => tasks.square(null as unknown as number)).toThrow('got null')
  })
})

describe('factorial', () => {
  it.each([
    [0, 1n],
    [1, 1n],
    [5, 120n],
    [20, 2_432_902_008_176_640_000n],
    [25, 15_511_210_043_330_985_984_000_000n],
  ])('%i! = %i', (n, expected) => {
    expect(tasks.factorial(n)).toBe(expected)
  })

  it('splits the product without losing or doubling a factor', () => {
    let product = 1n
    for (let n = 1; n <= 200; n++) {
      product *= BigInt(n)
      expect(tasks.factorial(n)).toBe(product)
    }
  })

  it.each([-1, 1.5, Number.NaN, Infinity, 1_000_001, '5', 5n])('refuses %s', (n) => {
    expect(() => tasks.factorial(n as number)).toThrow(/factorial takes a whole number from 0 to 1000000/)
  })
})

describe('primeCount', () => {
  // Source: OEIS A006880 for the powers of ten.
  it.each([
    [-5, 0],
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 2],
    [9, 4],
    [10, 4],
    [100.9, 25],
    [1000, 168],
    [1e6, 78_498],
    [1e7, 664_579],
  ])('of %d is %i', (n, expected) => {
    expect(tasks.primeCount(n)).toBe(expected)
  })

  it('agrees with trial division at every number', () => {
    let count = 0
    for (let n = 0; n <= 3000; n++) {
      let divisor = 2
      while (divisor * divisor <= n && n % divisor !== 0) divisor++
      if (n >= 2 && divisor * divisor > n) count++
      expect(tasks.primeCount(n)).toBe(count)
    }
  })

  it.each([Number.NaN, Infinity, '10', undefined])('refuses %s', (n) => {
    expect(() => tasks.primeCount(n as number)).toThrow(RangeError)
  })
})

describe('mandelbrotRow', () => {
  it('gives the iterations of each pixel: the middle row of the whole set', () => {
    const row = tasks.mandelbrotRow({ width: 7, height: 7, row: 3, maxIterations: 50 })
    // Points of the real axis from −25/14 in steps of 3/7; those up to ¼ are inside. 5/14 → 0.48 → 0.59 → … exceeds 2 at the eighth.
    expect(row).toEqual(Uint16Array.of(50, 50, 50, 50, 50, 8, 3))
  })

  it('is symmetric about the real axis', () => {
    const above = tasks.mandelbrotRow({ width: 64, height: 48, row: 10 })
    expect(tasks.mandelbrotRow({ width: 64, height: 48, row: 37 })).toEqual(above)
    expect(new Set(above).size).toBeGreaterThan(5)
  })

  it.each([
    [{ width: 0, height: 1, row: 0 }, 'width'],
    [{ width: 1, height: 1, row: 1 }, 'row'],
    [{ width: 1, height: 1.5, row: 0 }, 'height'],
    [{ width: 1, height: 1, row: 0, maxIterations: 1e6 }, 'maxIterations'],
    [undefined, 'width'],
  ])('refuses %j', (options, name) => {
    expect(() => tasks.mandelbrotRow(options as Parameters<typeof tasks.mandelbrotRow>[0])).toThrow(
      `mandelbrotRow takes ${name}, a whole number`,
    )
  })
})

describe('monteCarloPi', () => {
  it('comes near to pi, and nearer with more points', () => {
    expect(Math.abs(tasks.monteCarloPi({ samples: 1_000_000, seed: 1 }) - Math.PI)).toBeLessThan(0.005)
  })

  it('gives the same for the same seed, and something else for another', () => {
    expect(tasks.monteCarloPi({ samples: 10_000, seed: 7 })).toBe(tasks.monteCarloPi({ samples: 10_000, seed: 7 }))
    const estimates = Array.from({ length: 20 }, (_, seed) => tasks.monteCarloPi({ samples: 10_000, seed }))
    expect(new Set(estimates).size).toBeGreaterThan(15)
    expect(Math.abs(estimates.reduce((sum, estimate) => sum + estimate, 0) / 20 - Math.PI)).toBeLessThan(0.02)
  })

  it('is this very number for ever: results are compared between machines', () => {
    expect(tasks.monteCarloPi({ samples: 1000, seed: 42 })).toBe(3.256)
  })

  it.each([{ samples: 0, seed: 1 }, { samples: 10, seed: -1 }, { samples: 10 }, null])('refuses %j', (options) => {
    expect(() => tasks.monteCarloPi(options as Parameters<typeof tasks.monteCarloPi>[0])).toThrow(RangeError)
  })
})

describe('sleep', () => {
  it('returns the time that it waited', async () => {
    expect(await tasks.sleep(1)).toBe(1)
  })

  it('ends with the reason of an abort, before or while it waits', async () => {
    const context = new ShardContext('w1', 1)
    const waiting = withTaskContext(context, () => tasks.sleep(86_400_000))
    context.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'CancelledError' })
    await expect(withTaskContext(context, () => tasks.sleep(86_400_000))).rejects.toMatchObject({ name: 'CancelledError' })
  })

  it.each([-1, Number.NaN, 1e9, '1'])('refuses %s', (ms) => {
    expect(() => tasks.sleep(ms as number)).toThrow('sleep takes milliseconds')
  })
})

describe('fail', () => {
  it('throws an error with a class, properties and a cause', () => {
    const context = new ShardContext('w1', 2)
    context.index = 5
    expect(() => withTaskContext(context, () => tasks.fail('no money'))).toThrow(
      expect.objectContaining({
        name: 'DemonstrationError',
        message: 'no money',
        item: 5,
        attempt: 2,
        cause: new RangeError('the reason behind it'),
      }),
    )
    expect(() => tasks.fail()).toThrow('failed on purpose')
  })
})

it('describes every built-in task', () => {
  const functions = new Map(Object.entries(tasks)) as unknown as ReadonlyMap<string, (...args: unknown[]) => unknown>
  const listing = new TaskRegistry([{ origin: 'built-in', label: 'built-in', prefix: 'built-in', builtIn: true, functions }]).list()
  expect(listing.map(({ name }) => name)).toEqual([
    'factorial',
    'fail',
    'mandelbrotRow',
    'monteCarloPi',
    'primeCount',
    'sha256File',
    'sleep',
    'square',
    'wordCountFile',
  ])
  for (const { description, parameters } of listing) {
    expect(description).toBeTruthy()
    expect(parameters).toHaveLength(1)
  }
})
