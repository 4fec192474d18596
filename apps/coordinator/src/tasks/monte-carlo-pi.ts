import { wholeNumber } from './whole-number.ts'

export interface MonteCarloPi {
  /** Points to throw, 1 to 10¹⁰. */
  readonly samples: number
  /** Equal seeds give equal results, everywhere; 0 to 2³² − 1. */
  readonly seed: number
}

/** An estimate of π from random points in a square: four times the share that falls into the quarter circle. */
export function monteCarloPi(options: MonteCarloPi): number {
  const samples = wholeNumber('monteCarloPi', 'samples', options?.samples, 1, 10_000_000_000)
  const random = sfc32(wholeNumber('monteCarloPi', 'seed', options?.seed, 0, 2 ** 32 - 1))
  let inside = 0
  for (let i = 0; i < samples; i++) {
    const x = random() / 2 ** 32
    const y = random() / 2 ** 32
    if (x * x + y * y < 1) inside++
  }
  return (4 * inside) / samples
}
monteCarloPi.description = 'Estimate of pi from random points; equal seeds give equal results.'

/**
 * Whole numbers from 0 to 2³² − 1. Source: C. Doty-Humphrey's "Small Fast Chaotic" generator of PractRand, 32 bits; its period of about
 * 2¹²⁷ is what the generators of 32 bits of state lack for billions of points.
 */
function sfc32(seed: number): () => number {
  let a = 0
  let b = seed | 0
  let c = 0
  let counter = 1
  const next = (): number => {
    const result = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + result
    c |= 0
    return result >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  return next
}
