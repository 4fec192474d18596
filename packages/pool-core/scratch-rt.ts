import { fork, spawn } from 'node:child_process'
import { ProcessPool, ThreadPool } from '@forkpool/pool-core'
const url = new URL('file:///work/main/packages/pool-core/test/fixtures/pool-tasks.ts')
const tp = new ThreadPool<any>(url, { size: 1 }), pp = new ProcessPool<any>(url, { size: 1 })
const child = fork('/tmp/mp2.mjs', ['ipc'], { execArgv: [] })
let answer: () => void = () => {}
child.on('message', () => answer())
const ipc = (n: number) => new Promise<void>((r) => { answer = r; child.send({ task: 'square', n }) })
const runs: Record<string, (n: number) => PromiseLike<unknown>> = { ipc, thread: (n) => tp.submit('square', n), process: (n) => pp.submit('square', n) }
const all: Record<string, number[]> = { ipc: [], thread: [], process: [] }
for (const r of Object.values(runs)) for (let i = 0; i < 3000; i++) await r(i)
for (let round = 0; round < 9; round++) for (const [k, r] of Object.entries(runs)) { const t = performance.now(); for (let i = 0; i < 1500; i++) await r(i); all[k]!.push((performance.now() - t) / 1.5) }
for (const [k, v] of Object.entries(all)) console.log(k, v.sort((a, b) => a - b)[4]!.toFixed(1), 'us, least', v[0]!.toFixed(1))
child.disconnect(); 
const maps: Record<string, number[]> = { thread: [], process: [] }
const { range } = await import('@forkpool/pool-core')
await tp.close(); await pp.close()
const tp2 = new ThreadPool<any>(url, { size: 2 }), pp2 = new ProcessPool<any>(url, { size: 2 })
for (let round = 0; round < 8; round++) for (const [k, p] of [['thread', tp2], ['process', pp2]] as const) { const t = performance.now(); await p.map('square', range(1_000_000)); if (round > 0) maps[k]!.push(performance.now() - t) }
for (const [k, v] of Object.entries(maps)) console.log('million squares', k, v.sort((a, b) => a - b)[3]!.toFixed(0), 'ms')
const subs: Record<string, number[]> = { thread: [], process: [] }
for (let round = 0; round < 6; round++) for (const [k, p] of [['thread', tp2], ['process', pp2]] as const) { const t = performance.now(); await Promise.all(Array.from({ length: 100_000 }, (_, i) => p.submit('square', i))); if (round > 0) subs[k]!.push(performance.now() - t) }
for (const [k, v] of Object.entries(subs)) console.log('100k submits', k, v.sort((a, b) => a - b)[2]!.toFixed(0), 'ms')
await tp2.close(); await pp2.close()
