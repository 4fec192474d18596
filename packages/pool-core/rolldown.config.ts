import { readFileSync } from 'node:fs'
import type { RolldownOptions } from 'rolldown'

/**
 * What is published in `dist`, beside the types that tsc writes there: the modules of `src` in a few files. Node takes about half a millisecond to find and
 * read each file, on either side of a pool, and a worker had 130. One build for all doors, so that what they share exists once.
 */

/** Programs that are started or loaded by their place: `src/package-files.ts`. */
const PROGRAMS = [
  'advice/measure-alone',
  'memory/futex-waiter-thread',
  'nested/task-pools',
  'pool/entry/process-entry',
  'pool/entry/thread-entry',
  'sync/attach-once',
]

/**
 * Rooms that go into one file. `ground` and `calls` are for browsers too and reach nothing that is not. A worker loads `ground` and `worker`, and nothing
 * else until it needs it.
 */
const FILES = {
  ground: /src\/(base|protocol)\//,
  calls: /src\/(batch|future)\//,
  worker:
    /src\/(package-files|task\/|worker\/|link\/|pool\/(live-handles|worker-greeting|entry\/(entry-urls|run-worker))|memory\/(thread-memory|keep-alive))/,
  memory: /src\/memory\/(?!futex-waiter-thread)/,
  machine: /src\/(scheduler|dispatch)\//,
  pool: /src\/pool\/(?!entry\/)/,
}

/** The modules behind `exports` of the manifest, by their path in `src`. */
function doors(): string[] {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { exports: Record<string, unknown> }
  return Object.values(exports).flatMap((door) => {
    const source = (door as { readonly 'forkpool-source'?: string })['forkpool-source']
    return source === undefined ? [] : [source.replace(/^\.\/src\/(.*)\.ts$/, '$1')]
  })
}

const options: RolldownOptions = {
  input: Object.fromEntries([...doors(), ...PROGRAMS].map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  external: ['koffi', 'prom-client'],
  output: {
    dir: 'dist',
    cleanDir: true,
    // In the folder itself, where `src/package-files.ts` must be.
    chunkFileNames: '[name].js',
    sourcemap: true,
    comments: false,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: Object.entries(FILES).map(([name, test], i) => ({ name, test, priority: -i })),
    },
  },
}

export default options
