import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin, RolldownOptions } from 'rolldown'
import { onDemand, partId } from './bundle/on-demand.ts'
import type { Parts } from './bundle/on-demand.ts'
import { shortLocals } from './bundle/short-locals.ts'

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
 * What is loaded on demand, each part a file: to read and compile code costs each worker 20 ms and 10 MB a megabyte, and so it does a program that imports the
 * package.
 */
const PARTS: Parts = {
  // Values other than numbers.
  values: {
    modules: /^protocol\/(values\/(?!handle-reviver|value-table)|cbor\/(cbor-reader|wtf8)|mismatch)/,
    atOnce: /^protocol\/(client-frame|result-line|item-(json|regrouping)|wire-error|schema\/|values\/value-table)/,
    isForBrowsers: true,
  },
  // Messages other than those of which there are many, and errors on the wire.
  messages: {
    modules: /^protocol\/(schema\/(?!all-messages|client-schema|protocol-tables|schema-text)|item-json|wire-error)/,
    atOnce: /^protocol\/(client-frame|result-line|schema\/)/,
    isForBrowsers: true,
  },
  // Calls of many.
  batches: {
    modules:
      /^batch\/(batch-run|fallback-task|fallen-back|gathered-results|index-map|item-packer|item-source|kept-items|result-(iterator|sink|stream))|^protocol\/item-regrouping/,
    isForBrowsers: true,
  },
  // What a pool is, beside its options and its workers.
  runtime: {
    modules:
      /^(scheduler\/(?!invariants)|dispatch\/)|^pool\/(batch-end|duration-histogram|local-(batch|batches|fleet|worker)|nested-calls|pool-(life|runtime|setup)|run-|shard-runs|space-queue|statistics-of|stream-runs|vigil|worker-(memory|recycling))|^memory\/keep-alive|^base\/(binary-heap|interval-set)/,
    atOnce: /^testing\//,
  },
  // What a worker needs for generators, and for several tasks at once.
  streams: { modules: /^task\/(run-stream|stream-room|run-shard-at-once|places)/ },
  // For who mistypes the name of a task, and for lists of tasks.
  names: { modules: /^(base\/nearest-names|task\/parameter-names)/, isForBrowsers: true },
  // The C library.
  native: { modules: /^memory\/(nameless-memory|posix|load-koffi)\.ts/, atOnce: /^memory\// },
}

/** What else goes into one file: of what is needed together. `kernel` is for both sides of a pool, `front` what the package's main door is at first. */
const FILES = {
  'all-parts': /on-demand-all/,
  clients: new RegExp(`src/protocol/(${CLIENTS_ALONE.join('|')})\\.ts`),
  kernel:
    /on-demand-loader|src\/(base|protocol)\/|src\/(package-files|link\/|task\/(task-context|carried-storage|move)|pool\/(live-handles|worker-greeting|entry\/entry-urls)|memory\/(thread-memory|koffi-binary|nameless-file|name-prefix|segment-directory))/,
  worker: /src\/(task\/(?!module-failure|source-place|syntax-error-place)|worker\/|pool\/entry\/run-worker)/,
  front: /src\/(batch|future|pool\/(?!entry\/))/,
  memory: /src\/memory\/(?!futex-waiter-thread)/,
}

const SOURCE = fileURLToPath(new URL('src/', import.meta.url))

/** The file that a module goes into: of a part, or one of `FILES`. */
function fileOf(id: string): string | null {
  const path = relative(SOURCE, id)
  const part = Object.keys(PARTS).find((name) => id === partId(name) || PARTS[name]?.modules.test(path))
  if (path.endsWith('/index.ts')) return null
  if (part !== undefined) return part
  return Object.entries(FILES).find(([, modules]) => modules.test(id))?.[0] ?? null
}

/** The modules behind `exports` of the manifest, by their path in `src`. */
function doors(): string[] {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { exports: Record<string, unknown> }
  return Object.values(exports).flatMap((door) => {
    const source = (door as { readonly 'forkpool-source'?: string })['forkpool-source']
    return source === undefined ? [] : [source.replace(/^\.\/src\/(.*)\.ts$/, '$1')]
  })
}

/**
 * A manifest of the folder itself. Node reads the nearest one for each file that it loads, in each thread: of the package's own, with all its doors, that takes 0.3 MB a
 * worker.
 */
const ownManifest: Plugin = {
  name: 'own-manifest',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'package.json', source: `${JSON.stringify({ type: 'module', sideEffects: false })}\n` })
  },
}

const options: RolldownOptions = {
  input: {
    ...Object.fromEntries([...doors(), ...PROGRAMS].map((name) => [name, `src/${name}.ts`])),
    ...Object.fromEntries(Object.keys(PARTS).map((part) => [`parts/${part}`, partId(part)])),
  },
  plugins: [onDemand(SOURCE, PARTS, ['batch/index.ts', 'protocol/index.ts']), shortLocals(), ownManifest],
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  external: ['koffi', 'prom-client'],
  output: {
    dir: 'dist',
    cleanDir: true,
    // In the folder itself, where `src/package-files.ts` must be.
    chunkFileNames: '[name].js',
    sourcemap: true,
    // One character that is not ASCII, and V8 keeps a whole file with two bytes for each.
    charset: 'ascii',
    // The parts are asked for their exports by name.
    minifyInternalExports: false,
    comments: false,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: fileOf, debugName: 'files' }],
    },
  },
}

export default options
