import { fork } from 'node:child_process'
import { connect, range } from '@forkpool/client'
const child = fork(new URL('./peer-server.ts', import.meta.url), { execArgv: ['--conditions=forkpool-source'] })
const urls: any = await new Promise((r) => child.once('message', r))
const cluster = await connect(urls.peer)
const pool = cluster.pool({ size: 2 })
const items = Array.from(range(1, 1_000_001))
const cpus: number[] = []
for (let i = 0; i < 30; i++) {
  const cpu = process.cpuUsage()
  const t = performance.now()
  const r = await pool.map('square', items)
  const used = process.cpuUsage(cpu)
  cpus.push((used.user + used.system) / 1000)
}
console.log(cpus.map((c) => c.toFixed(0)).join(' '))
await cluster.close()
child.disconnect()
