import { readFileSync } from 'node:fs'
import { describeMachine, renderMachine } from './measure/machine.ts'
import type { BenchResult } from './measure/report.ts'
import { benchInFlight } from './pools/in-flight.ts'
import { PEERS } from './pools/kinds.ts'
import { benchMap } from './pools/map.ts'
import { benchOneAtATime } from './pools/one-at-a-time.ts'
import { startPythonPools } from './pools/python-pools.ts'
import { benchSpeedUp } from './pools/speed-up.ts'
import { benchStartUp } from './pools/start-up.ts'

const POOL_SIZE = 2

/** Local pools of size 2 against those of other packages and of CPython, in one run. */
export async function pools(): Promise<BenchResult> {
  const python = await startPythonPools(POOL_SIZE)
  try {
    const machine = describeMachine({ CPython: python.version, ...peerVersions() })
    console.log(renderMachine(machine))
    const map = await benchMap(python)
    const inFlight = await benchInFlight(python)
    const single = await benchOneAtATime()
    const speedUp = await benchSpeedUp()
    const startUp = await benchStartUp()
    const goals = [map, inFlight, single, speedUp, startUp].flatMap((section) => section.goals)
    const figures = {
      poolSize: POOL_SIZE,
      map: map.figures,
      inFlight: inFlight.figures,
      oneAtATime: single.figures,
      speedUp: speedUp.figures,
      startUp: startUp.figures,
    }
    return { bench: 'pools', measuredAt: new Date().toISOString(), machine, goals, figures }
  } finally {
    await python.stop()
  }
}

/** Exact, as they are installed. */
function peerVersions(): Record<string, string> {
  const { devDependencies } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>
  }
  return Object.fromEntries(PEERS.flatMap(({ package: name }) => (name === undefined ? [] : [[name, devDependencies[name] ?? 'unknown']])))
}
