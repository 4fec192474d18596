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

/** Of the protocol, what no pool of one program needs: the messages between clients and a coordinator, and the tables of its document. */
const CLIENTS_ALONE = [
  'client-frame',
  'dialect',
  'hot-frames/client-frames',
  'item-regrouping',
  'result-line',
  'schema/(all-messages|client-schema|protocol-tables|schema-text)',
  'values/value-table',
  'version',
  'web-socket-frame',
]

/**
 * Rooms that go into one file, each of what is needed together: to read and compile code costs a worker 20 ms a megabyte. `clients`, `ground` and `calls` are
 * for browsers too and reach nothing that is not. A worker loads `ground`, `link` and `worker`, a process `native` too, and nothing else until it needs it.
 */
const FILES = {
  clients: new RegExp(`src/protocol/(${CLIENTS_ALONE.join('|')})\\.ts`),
  ground: /src\/(base|protocol)\//,
  calls: /src\/(batch|future)\//,
  link: /src\/(package-files|link\/|task\/(task-context|carried-storage|move)|pool\/(live-handles|worker-greeting|entry\/entry-urls)|memory\/(thread-memory|keep-alive))/,
  worker: /src\/(task\/(?!module-failure|source-place|syntax-error-place)|worker\/|pool\/entry\/run-worker)/,
  native: /src\/memory\/(nameless-memory|posix|load-koffi|lease|names)/,
  memory: /src\/memory\/(?!futex-waiter-thread)/,
  machine: /src\/(scheduler(?!\/invariants)|dispatch)\//,
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
      groups: Object.entries(FILES).map(([name, test], i, { length }) => ({ name, test, priority: length - i })),
    },
  },
}

export default options
