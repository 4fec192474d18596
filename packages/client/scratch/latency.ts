import { fork } from 'node:child_process'
import WebSocket from 'ws'
import { connect, range } from '@forkpool/client'
const child = fork(new URL('./peer-server.ts', import.meta.url), { execArgv: ['--conditions=forkpool-source'] })
const urls: any = await new Promise((r) => child.once('message', r))
const cluster = await connect(urls.peer)
const pool = cluster.pool({ size: 2 })
const raw = new WebSocket(urls.echo, { perMessageDeflate: false, generateMask() {} })
await new Promise((r) => raw.once('open', r))
const frame = Buffer.alloc(90)
let done: () => void = () => {}
raw.on('message', () => done())
const echo = () =>
  new Promise<void>((r) => {
    done = r
    raw.send(frame)
  })
const q = (l: number[], p: number) => l.sort((a, b) => a - b)[Math.floor(l.length * p)]!.toFixed(4)
for (let round = 0; round < 4; round++) {
  const a: number[] = [],
    b: number[] = []
  for (let i = 0; i < 4000; i++) {
    let t = performance.now()
    await echo()
    a.push(performance.now() - t)
    t = performance.now()
    await pool.submit('square', i)
    b.push(performance.now() - t)
  }
  console.log(`raw echo p50 ${q(a, 0.5)} p99 ${q(a, 0.99)}   submit via peer p50 ${q(b, 0.5)} p99 ${q(b, 0.99)}`)
}
const items = Array.from(range(1, 1_000_001))
for (let i = 0; i < 6; i++) {
  const cpu = process.cpuUsage()
  const t = performance.now()
  const r = await pool.map('square', items)
  const used = process.cpuUsage(cpu)
  console.log(
    `map 1M array: ${(performance.now() - t).toFixed(1)} ms, client cpu ${((used.user + used.system) / 1000).toFixed(1)} ms`,
    r.length,
  )
}
for (let i = 0; i < 4; i++) {
  const cpu = process.cpuUsage()
  const t = performance.now()
  const r = await pool.map('square', range(1, 1_000_001))
  const used = process.cpuUsage(cpu)
  console.log(
    `map 1M range: ${(performance.now() - t).toFixed(1)} ms, client cpu ${((used.user + used.system) / 1000).toFixed(1)} ms`,
    r.length,
  )
}
for (const kind of ['imap', 'imapUnordered'] as const)
  for (let i = 0; i < 3; i++) {
    const cpu = process.cpuUsage()
    const t = performance.now()
    let n = 0
    for await (const _ of pool[kind]('square', items)) n++
    const used = process.cpuUsage(cpu)
    console.log(`${kind} 1M: ${(performance.now() - t).toFixed(1)} ms, client cpu ${((used.user + used.system) / 1000).toFixed(1)} ms`, n)
  }
await cluster.close()
raw.terminate()
child.disconnect()
