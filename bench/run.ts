import { parseArgs } from 'node:util'
import { stopRequest } from '@forkpool/tools/service'
import { renderGoals, saveResult, type BenchResult } from './measure/report.ts'

/** Loaded when it is asked for: a bench may take long to load, and none should disturb another. */
const BENCHES: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<() => Promise<BenchResult>> }>> = {
  durability: {
    about: 'the price of the disk for large and small batches against --ephemeral, and CPython’s Pool(2).map beside it',
    load: async () => (await import('./durability.ts')).durability,
  },
  locks: {
    about: 'locks, semaphores and queues between processes and between threads against CPython’s',
    load: async () => (await import('./locks.ts')).locks,
  },
  'map-service': {
    about: 'a million squares through the service against CPython’s Pool(2).map, and the coordinator’s memory over ten million',
    load: async () => (await import('./map-service.ts')).mapService,
  },
  pools: {
    about: 'thread and process pools of this package against four others and CPython’s',
    load: async () => (await import('./pools.ts')).pools,
  },
  'round-trip': {
    about: 'one task at a time through the service against two bare WebSocket round trips',
    load: async () => (await import('./round-trip.ts')).roundTrip,
  },
}

const USAGE = `usage: npm run bench -- NAME [--save]\n\n${Object.entries(BENCHES)
  .map(([name, { about }]) => `  ${name.padEnd(14)} ${about}`)
  .join('\n')}\n\n--save writes bench/results/NAME.json. How a figure can be wrong: bench/README.md`

/** Runs one bench. A missed goal is told, and is no failure: exit code 1 is for a bench that could not be run. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { save: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [name] = positionals
  const bench = BENCHES[name ?? '']
  if (name === undefined || values.help) {
    console.log(USAGE)
    return 0
  }
  if (bench === undefined || positionals.length > 1) {
    console.error(`bench: unknown bench "${positionals.join(' ')}"\n\n${USAGE}`)
    return 2
  }
  const result = await (await bench.load())()
  console.log(`\n${renderGoals(result.goals)}`)
  if (values.save) console.log(`saved     ${saveResult(result)}`)
  return 0
}

/** Ctrl-C. What a bench started is a group of its own each and must be stopped: it hears of it by its coordinator's end. */
stopRequest().addEventListener('abort', () => process.exit(130))

try {
  // A peer's pool that did not close must not keep the bench from ending.
  process.exit(await main())
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
