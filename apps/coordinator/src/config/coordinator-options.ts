import { availableParallelism } from 'node:os'
import { choice, integer, list, text, toggle } from './option.ts'

/**
 * Every setting of the coordinator. `maxWorkers` becomes the flag `--max-workers`, the variable `FORKPOOL_MAX_WORKERS` and a line of
 * docs/config.md.
 */
export const COORDINATOR_OPTIONS = {
  port: integer({ min: 0, max: 65_535, default: 7070, doc: 'TCP port for HTTP and WebSocket; 0 takes any free one.' }),
  host: text({
    default: '127.0.0.1',
    placeholder: 'ADDRESS',
    doc: 'Address to listen on. Anything but a loopback address needs a token; without one a token is made and printed.',
  }),
  tasks: list({
    placeholder: 'FILE',
    doc: 'Task module (TypeScript or JavaScript) whose exported functions become tasks. May be given several times.',
  }),
  taskRoots: list({
    placeholder: 'DIR',
    doc: 'Folder below which the built-in file tasks may read. May be given several times. Default: the folder that serve was started in.',
  }),
  workers: integer({
    min: 1,
    max: 1024,
    default: availableParallelism(),
    doc: 'Workers kept alive when idle. Default: one per core that this process may use.',
  }),
  maxWorkers: integer({
    min: 1,
    max: 1024,
    default: Math.max(64, availableParallelism()),
    doc: 'Most workers alive at once; also the largest pool size.',
  }),
  idleRetireMs: integer({
    min: 100,
    max: 86_400_000,
    default: 30_000,
    doc: 'A worker above --workers that is idle this long is ended, milliseconds.',
  }),
  ephemeral: toggle({ doc: 'Keep nothing on disk. The only mode of this version, so it changes nothing yet.' }),
  tokenFile: text({
    default: undefined,
    placeholder: 'FILE',
    doc: 'File with the token that clients must show. FORKPOOL_TOKEN holds the token itself.',
  }),
  allowedHosts: list({
    placeholder: 'NAME',
    doc: 'Host names (besides loopback and --host) that the Host header of a request may carry: a guard against DNS rebinding.',
  }),
  allowedOrigins: list({
    placeholder: 'ORIGIN',
    doc: 'Web origins, such as https://ops.example.org, whose pages may connect. Default: none but the coordinator itself.',
  }),
  logLevel: choice({
    among: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    default: 'info',
    doc: 'Least level that is logged. Logs are JSON lines on standard error.',
  }),
  drainTimeoutMs: integer({
    min: 0,
    max: 86_400_000,
    default: 25_000,
    doc: 'After SIGTERM or SIGINT open batches may run on so long before they are cancelled, milliseconds. Less than the 30 s that Kubernetes gives.',
  }),
  handshakeTimeoutMs: integer({
    min: 100,
    max: 600_000,
    default: 10_000,
    doc: 'A connection that has not said hello by then is closed, milliseconds.',
  }),
  connectionsMax: integer({ min: 1, max: 1_000_000, default: 10_000, doc: 'Most client connections at once.' }),
  batchesOpenMax: integer({
    min: 1,
    max: 10_000_000,
    default: 200_000,
    doc: 'Most batches open at once in one session. 100,000 single submits in flight are ordinary; each costs about 1 KiB.',
  }),
  poolsMax: integer({ min: 1, max: 10_000, default: 200, doc: 'Most pools at once. Each is a label value of the metrics.' }),
  inputWindowBytes: integer({
    min: 65_536,
    max: 1_073_741_824,
    default: 16 * 1024 * 1024,
    doc: 'Item bytes of one batch that wait in the coordinator at most. Two million numbers; a worker runs through them in less than a second.',
  }),
  resultWindowBytes: integer({
    min: 65_536,
    max: 1_073_741_824,
    default: 16 * 1024 * 1024,
    doc: 'Result bytes of one batch on their way to a client that has not yet taken them.',
  }),
  batchesKept: integer({
    min: 0,
    max: 1_000_000,
    default: 1_000,
    doc: 'Ended batches that stay in the lists of the API and the dashboard.',
  }),
} as const
