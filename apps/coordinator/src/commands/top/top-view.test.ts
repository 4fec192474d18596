import { describe, expect, test } from 'vitest'
import type { BatchView, LiveSnapshot, PoolView, WorkerView } from '@forkpool/pool-core/protocol'
import { topLines } from './top-view.ts'

const NO_TASKS = { queued: 0, running: 0, completed: 0, failed: 0, cancelled: 0 }

function pool(name: string): PoolView {
  return { name, size: 2, busyWorkers: 1, openBatches: 1, tasks: NO_TASKS, tasksPerSecond: 12 }
}

function batch(id: string, more: Partial<BatchView> = {}): BatchView {
  const counts = { submitted: 200, total: 200, completed: 49, failed: 1, cancelled: 0, tasksPerSecond: 10, remainingMs: 15_000, workers: 1 }
  const about = { task: 'square', pool: 'size-2', poolSize: 2, state: 'open', priority: 0, submittedAt: 1_000, endedAt: null } as const
  return { id, ...about, ...counts, failures: [], ...more }
}

function worker(id: string): WorkerView {
  const counts = { startedAt: 0, tasksRun: 5, shardsRun: 1, residentBytes: 1024, restarts: 0 }
  return { id, pid: 1, state: 'idle', pool: null, task: null, ...counts }
}

function snapshot(pools: readonly PoolView[], batches: readonly BatchView[], workers: readonly WorkerView[]): LiveSnapshot {
  return {
    at: 90_000,
    status: {
      server: 'forkpool/1',
      node: 'here',
      startedAt: 30_000,
      cores: 2,
      maxWorkers: 64,
      draining: false,
      engine: 'memory',
      sessions: 1,
      workers: { starting: 0, idle: 1, busy: 1 },
      batches: { open: 1, ended: 2 },
      tasks: NO_TASKS,
      residentBytes: 1024,
      eventLoopLagMs: 0,
    },
    pools,
    workers,
    batches,
    batchesTotal: batches.length,
    samples: { at: 90_000, series: [20, 22].map((tasksPerSecond) => ({ pool: 'p', poolSize: 2, tasksPerSecond })) },
  }
}

function texts(of: LiveSnapshot, rows?: number, away?: { reason: string; ms: number }): readonly string[] {
  return topLines({ url: 'ws://x', snapshot: of, away }, rows).map(({ text }) => text)
}

describe('topLines', () => {
  test('shows the rate of all pools, and how far each batch is, open ones first', () => {
    const ended = batch('old', { state: 'completed', endedAt: 2_000, completed: 200, failed: 0 })
    const lines = texts(snapshot([pool('a')], [ended, batch('new'), batch('endless', { total: null })], [worker('w1')]))
    expect(lines[0]).toContain('up 1 min 0 s')
    expect(lines[2]).toContain('42 tasks/s')
    const rows = lines.filter((line) => line.includes('square'))
    expect(rows.map((row) => row.split(' ')[0])).toEqual(['new', 'endless', 'old'])
    expect(rows[0]).toContain('[#####...............]  25 %')
    expect(rows[1]).toContain('[????????????????????]')
    expect(rows[2]).toContain('[####################] 100 %')
  })

  test('fits into every height, and says what it left out', () => {
    const many = Array.from({ length: 30 }, (_, i) => String(i))
    const full = snapshot(
      many.map(pool),
      many.map((id) => batch(id)),
      many.map(worker),
    )
    for (let rows = 0; rows < 120; rows++) expect(texts(full, rows).length, `${rows} rows`).toBeLessThanOrEqual(rows)
    expect(texts(full, 24).filter((line) => line.startsWith('… and'))).toEqual([
      '… and 26 pools more',
      '… and 26 batches more',
      '… and 26 workers more',
    ])
    expect(texts(full, 14).filter((line) => /^(POOL|BATCH|WORKER)/.test(line))).toHaveLength(3)
    expect(texts(full)).toHaveLength(3 + 3 * 32)
  })

  test('says what there is not, and for how long nobody has answered', () => {
    const lines = texts(snapshot([], [], []), 24, { reason: 'it is gone', ms: 65_000 })
    expect(lines[3]).toBe('away for 1 min 5 s: it is gone; asking again')
    expect(lines).toEqual(expect.arrayContaining(['no pool yet: the first batch makes one', 'no batch yet', 'no worker']))
  })

  test('a name cannot command the terminal', () => {
    const evil = snapshot([pool('\u001b[2J\u009b31m\u202e\r\n')], [batch('b', { task: '\u001b]0;x\u0007' })], [])
    // oxlint-disable-next-line no-control-regex
    for (const line of texts(evil)) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    expect(texts(evil).join()).toContain('\ufffd[2J')
  })
})
