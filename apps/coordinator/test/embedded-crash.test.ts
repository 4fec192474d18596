import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { decodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { SeededRandom } from '@forkpool/pool-core/testing'
import { afterAll, expect, test } from 'vitest'
import type { EmbeddedEngine } from '../src/engine/embedded/embedded-engine.ts'
import { readResults } from '../src/engine/engine-conformance.ts'
import { verifyAll } from '../src/ledger/verify.ts'
import { DataDirs } from './support/data-dirs.ts'
import { argumentOf, resultOf, type WriterLine } from './fixtures/engine-writer-values.ts'

const WRITER = fileURLToPath(new URL('fixtures/engine-writer.ts', import.meta.url))
/** FORKPOOL_CRASH_SEED repeats one; FORKPOOL_CRASH_SEEDS asks for more. */
const SEEDS =
  process.env['FORKPOOL_CRASH_SEED'] === undefined
    ? Array.from({ length: Number(process.env['FORKPOOL_CRASH_SEEDS'] ?? 3) }, (_, i) => i + 1)
    : [Number(process.env['FORKPOOL_CRASH_SEED'])]
const LIVES = 4

const dirs = new DataDirs()
afterAll(() => dirs.remove())

/** What the writer said, over all its lives. */
class Told {
  readonly attempted = new Map<BatchId, number>()
  readonly submitted = new Map<BatchId, number>()
  readonly recorded = new Map<BatchId, Set<number>>()
  readonly ended = new Set<BatchId>()
  lines = 0

  hear(line: WriterLine): void {
    this.lines++
    if (line.kind === 'submitting') this.attempted.set(line.id, line.to)
    if (line.kind === 'submitted') this.submitted.set(line.id, line.to)
    if (line.kind === 'ended') this.ended.add(line.id)
    if (line.kind !== 'recorded') return
    const recorded = this.recorded.get(line.id) ?? new Set()
    this.recorded.set(line.id, recorded)
    for (let index = line.from; index < line.to; index++) recorded.add(index)
  }
}

/** Lets the writer live for so many lines, then kills it with whatever it has under way. */
async function live(dataDir: string, seed: number, lines: number, told: Told): Promise<void> {
  const writer = spawn(process.execPath, ['--conditions=forkpool-source', WRITER, dataDir, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(writer, 'exit')
  let left = lines
  for await (const line of createInterface(writer.stdout)) {
    told.hear(JSON.parse(line) as WriterLine)
    if (--left === 0) writer.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
}

/** Opens the store as the next coordinator would, and holds it against what was said. */
async function check(dataDir: string, told: Told): Promise<void> {
  const engine = dirs.engine(dataDir)
  const open = await engine.recover()
  try {
    for await (const verdict of verifyAll(
      engine,
      open.map(({ batch }) => batch.id),
    ))
      expect(verdict).toMatchObject({ problems: [], ledger: { unaccounted: 0 }, resultsRead: true })
    for (const [id, attempted] of told.attempted) {
      const stored = await engine.batch(id)
      const submitted = stored?.ledger.submitted ?? 0
      expect(submitted).toBeGreaterThanOrEqual(told.submitted.get(id) ?? 0)
      expect(submitted).toBeLessThanOrEqual(attempted)
      if (stored === undefined) continue
      if (told.ended.has(id)) expect(stored.end?.summary.completed).toBeGreaterThan(0)
      const results = new Map(await readResults(engine, id))
      for (const index of told.recorded.get(id) ?? []) expect(results.has(index), `result ${index} of ${id}`).toBe(true)
      for (const [index, value] of results) expect(index < submitted && String(value)).toBe(String(resultOf(id, index)))
      if (stored.end === undefined) await checkItems(engine, id, submitted, results)
    }
    // Nothing is there of which the writer never spoke.
    for (const { batch } of [...open, ...(await engine.ended(1e6))]) expect(told.attempted.has(batch.id)).toBe(true)
  } finally {
    await engine.close()
  }
}

/** Of each task its item is there, or its result. */
async function checkItems(engine: EmbeddedEngine, id: BatchId, submitted: number, results: ReadonlyMap<number, unknown>): Promise<void> {
  const items = new Map<number, unknown>()
  for await (const block of engine.items(id, 0)) for (const [i, item] of decodeItems(block.items).entries()) items.set(block.from + i, item)
  for (const [index, item] of items) expect(item).toBe(argumentOf(id, index))
  for (let index = 0; index < submitted; index++) expect(items.has(index) || results.has(index), `task ${index} of ${id}`).toBe(true)
}

test.for(SEEDS)('what was acknowledged is there after SIGKILL at any instant, once (seed %i)', async (seed) => {
  const dataDir = dirs.next()
  const random = new SeededRandom(seed)
  const told = new Told()
  for (let life = 0; life < LIVES; life++) {
    await live(dataDir, seed * 100 + life, 2 + Math.floor(random.next() * 120), told)
    await check(dataDir, told)
  }
  expect(told.lines).toBeGreaterThan(LIVES)
})
