import type { Random } from '@forkpool/pool-core/base'
import { SeededRandom } from '@forkpool/pool-core/testing'
import type { FaultKind } from './fault-kind.ts'
import { FAULT_KINDS, REFUSING_KINDS } from './fault-kind.ts'

/** When a fault comes: before any batch is there, with the submission, when a share of the results is there, or with nearly all of them. */
export type Phase = 'quiet' | 'opening' | 'running' | 'ending'

export interface FaultPlan {
  readonly kind: FaultKind
  readonly phase: Phase
  /** How long or how much, 0 to 1: each kind makes of it what it needs. */
  readonly amount: number
  /** Which one, 0 to 1: the worker, the direction. */
  readonly target: number
}

/** A way to hand in work. */
export const BATCH_KINDS = ['array', 'texts', 'stream', 'keyed', 'singles', 'flaky'] as const
export type BatchKind = (typeof BATCH_KINDS)[number]

export interface BatchPlan {
  readonly kind: BatchKind
  readonly items: number
}

/** Batches that run at once, and what happens to them. */
export interface RoundPlan {
  readonly batches: readonly BatchPlan[]
  readonly faults: readonly FaultPlan[]
}

/** One life of a service with all that happens in it. The same seed and kinds give the same plan. */
export interface Plan {
  readonly seed: number
  readonly rounds: readonly RoundPlan[]
}

/** Faults in one round: enough to meet each other, few enough to tell who did it. */
const FAULTS_PER_ROUND = 4
/** Faults in one world. */
export const FAULTS_PER_WORLD = 16
const BATCHES_PER_ROUND = 3
/** Worlds in which every kind may meet every other. */
const MIXED_SHARE = 0.25

const PHASES: readonly [Phase, ...Phase[]] = ['quiet', 'opening', 'opening', 'running', 'running', 'running', 'ending']

/** @param faults how many, 1 to `FAULTS_PER_WORLD`. @param kinds what may happen here; at least one. */
export function planWorld(seed: number, faults: number, kinds: readonly FaultKind[] = FAULT_KINDS): Plan {
  const random = new SeededRandom(seed)
  const drawn = ordered(random, draw(random, faults, kinds))
  const rounds: RoundPlan[] = []
  for (let at = 0; at < drawn.length; at += FAULTS_PER_ROUND)
    rounds.push({
      batches: Array.from({ length: BATCHES_PER_ROUND }, () => planBatch(random)),
      faults: drawn.slice(at, at + FAULTS_PER_ROUND).map((kind) => planFault(random, kind)),
    })
  return { seed, rounds }
}

/** Seeds and numbers of faults of the worlds that make a campaign. A campaign of the first `n` is a prefix of a longer one. */
export function planCampaign(seed: number, faults: number): readonly { readonly seed: number; readonly faults: number }[] {
  const worlds = Math.ceil(faults / FAULTS_PER_WORLD)
  return Array.from({ length: worlds }, (_, i) => ({
    seed: seed + i,
    faults: Math.min(FAULTS_PER_WORLD, faults - i * FAULTS_PER_WORLD),
  }))
}

/** As from a deck of cards, so that no kind comes a second time before every other has come. */
function draw(random: SeededRandom, count: number, kinds: readonly FaultKind[]): readonly FaultKind[] {
  const drawn: FaultKind[] = []
  let deck: FaultKind[] = []
  while (drawn.length < count) {
    if (deck.length === 0) deck = shuffled(random, kinds)
    drawn.push(deck.pop() as FaultKind)
  }
  return drawn
}

/** Mostly those that excuse nothing first. */
function ordered(random: SeededRandom, drawn: readonly FaultKind[]): readonly FaultKind[] {
  if (random.chance(MIXED_SHARE)) return drawn
  return drawn.toSorted((a, b) => Number(REFUSING_KINDS.has(a)) - Number(REFUSING_KINDS.has(b)))
}

function shuffled(random: SeededRandom, kinds: readonly FaultKind[]): FaultKind[] {
  const deck = [...kinds]
  for (let i = deck.length - 1; i > 0; i--) {
    const j = random.integer(0, i)
    ;[deck[i], deck[j]] = [deck[j] as FaultKind, deck[i] as FaultKind]
  }
  return deck
}

function planFault(random: SeededRandom, kind: FaultKind): FaultPlan {
  return { kind, phase: random.pick(PHASES), amount: fraction(random), target: fraction(random) }
}

function planBatch(random: SeededRandom): BatchPlan {
  return { kind: random.pick(BATCH_KINDS), items: random.integer(150, 500) }
}

/** Three digits: a plan is read by people. */
function fraction(random: Random): number {
  return Math.floor(random.next() * 1000) / 1000
}
