import type { ScalabilityFit } from '@forkpool/pool-core/protocol'

/**
 * Throughput of `size` workers by the fitted Universal Scalability Law, tasks per second.
 * Source: N. Gunther, "Guerrilla Capacity Planning", 2007: X(N) = λN / (1 + σ(N−1) + κN(N−1)).
 */
export function uslThroughput({ lambda, sigma, kappa }: ScalabilityFit, size: number): number {
  return (lambda * size) / (1 + sigma * (size - 1) + kappa * size * (size - 1))
}

/** Speed-up against one worker by the same law. */
export function uslSpeedup({ sigma, kappa }: ScalabilityFit, size: number): number {
  return size / (1 + sigma * (size - 1) + kappa * size * (size - 1))
}

/** Speed-up by Amdahl's law with the fitted serial share alone: 1 / (s + (1 − s)/N). Source: G. Amdahl, AFIPS 1967. */
export function amdahlSpeedup({ amdahlSerial }: ScalabilityFit, size: number): number {
  return 1 / (amdahlSerial + (1 - amdahlSerial) / size)
}

/** Points of a law from one worker to `max`, close enough to look like a curve. */
export function curve(law: (size: number) => number, max: number): readonly (readonly [number, number])[] {
  const steps = 60
  return Array.from({ length: steps + 1 }, (_, i) => {
    const size = 1 + ((max - 1) * i) / steps
    return [size, law(size)] as const
  })
}
