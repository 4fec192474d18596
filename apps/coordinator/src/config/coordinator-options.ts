import { availableParallelism } from 'node:os'
import { FRAME_BYTES_MAX, ITEM_BYTES_MAX, NAME_LENGTH_MAX } from '@forkpool/pool-core/protocol'
import { choice, integer, list, text, toggle } from './option.ts'

/**
 * Every setting of the coordinator. `maxWorkers` becomes the flag `--max-workers`, the variable `FORKPOOL_MAX_WORKERS` and a line of
 * docs/config.md.
 */
export const COORDINATOR_OPTIONS = {
  configFile: text({
    default: undefined,
    placeholder: 'FILE',
    doc: 'File with lines such as FORKPOOL_LOG_LEVEL=debug. Flags and the environment come before it. SIGHUP reads it again.',
  }),
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
  startTimeoutMs: integer({
    min: 100,
    max: 3_600_000,
    default: 30_000,
    doc: 'A worker that is not ready by then is ended, milliseconds. Its task modules may hang while they load.',
  }),
  workerMemoryMb: integer({
    min: 0,
    max: 16_777_216,
    default: 0,
    doc: 'Resident memory that a worker may take, MiB. One that takes more is killed, as if the task that it ran had crashed it. 0: no limit.',
  }),
  workerMemoryRecycleMb: integer({
    min: 0,
    max: 16_777_216,
    default: 0,
    doc: 'A worker that takes more resident memory after a shard is replaced once it holds nothing, MiB. 0: never.',
  }),
  stoppedWorkerMs: integer({
    min: 0,
    max: 86_400_000,
    default: 30_000,
    doc: 'A worker that is stopped by a signal (SIGSTOP) for so long is ended, milliseconds, and what it ran runs again. 0: never. Linux only.',
  }),
  maxTasksPerWorker: integer({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: 0,
    doc: 'A worker runs so many tasks, no more, and is then replaced. 0: any number.',
  }),
  idleRetireMs: integer({
    min: 100,
    max: 86_400_000,
    default: 30_000,
    doc: 'A worker above --workers that is idle this long is ended, milliseconds.',
  }),
  workerEnv: list({
    placeholder: 'NAME',
    doc: 'Environment variable that tasks may see, besides PATH, HOME, language, time zone and how Node is to run. May be given several times.',
  }),
  workerPermissions: toggle({
    doc: "Run workers under Node's permission model: tasks read the folders of their modules, packages and --task-roots, and write nothing, start no process and no thread.",
  }),
  workerAddons: toggle({ doc: 'With --worker-permissions: let workers load native addons, which no permission binds.' }),
  dataDir: text({
    default: undefined,
    placeholder: 'DIR',
    doc: 'Folder where batches and results are kept, for this coordinator alone. Default: forkpool/PORT in $XDG_STATE_HOME, or in ~/.local/state. With --port 0 and no --data-dir nothing is kept.',
  }),
  ephemeral: toggle({ doc: 'Keep nothing on disk: batches and results end with the process.' }),
  retentionMs: integer({
    min: 0,
    max: 31_536_000_000,
    default: 86_400_000,
    doc: 'Results of an ended batch are kept so long, milliseconds. Default: a day.',
  }),
  retentionBytes: integer({
    min: 0,
    max: 2 ** 50,
    default: 4 * 1024 ** 3,
    doc: 'Ended batches take so much on disk at most; the oldest go first. One that is larger is gone when it ends.',
  }),
  ephemeralRetentionBytes: integer({
    min: 0,
    max: 2 ** 40,
    default: 24 * 1024 ** 2,
    doc: 'The same with --ephemeral, for results in memory, those of open batches included. Three million numbers. With less than half as much again as the result window, a client that was away may find results of its open batch gone.',
  }),
  dataBytesMax: integer({
    min: 16 * 1024 ** 2,
    max: 2 ** 50,
    default: 16 * 1024 ** 3,
    doc: 'All batches together take so much on disk at most: ended ones make room for open ones, then new work is refused with DISK_FULL.',
  }),
  tokenFile: text({
    default: undefined,
    placeholder: 'FILE',
    doc: 'File with the tokens that clients must show: one plain token (role admin), or lines with role, name and hash as `forkpool token create` prints them.',
  }),
  tokens: list({
    placeholder: 'ENTRY',
    doc: 'Such a line instead of a file, for example "submit nightly sha256:…": hashes are no secrets. May be given several times.',
  }),
  tlsCert: text({
    default: undefined,
    placeholder: 'FILE',
    doc: 'Certificate, PEM, with those that vouch for it behind it: HTTPS and wss instead of HTTP and ws, on the same port.',
  }),
  tlsKey: text({ default: undefined, placeholder: 'FILE', doc: 'Private key of the certificate, PEM.' }),
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
  orphanMs: integer({
    min: 0,
    max: 86_400_000,
    default: 300_000,
    doc: 'A batch whose connection broke, or that was open when the coordinator was restarted, is cancelled when its client has not come back for so long, milliseconds; one that is detached never. With --ephemeral it stands still meanwhile.',
  }),
  handshakeTimeoutMs: integer({
    min: 100,
    max: 600_000,
    default: 10_000,
    doc: 'A connection that has not said hello by then is closed, milliseconds.',
  }),
  connectionsMax: integer({ min: 1, max: 1_000_000, default: 10_000, doc: 'Most client connections at once.' }),
  connectionsPerAddressMax: integer({
    min: 1,
    max: 1_000_000,
    default: 5_000,
    doc: 'Most connections, of clients and of HTTP, from one address (IPv6: from one /64 network) at once.',
  }),
  heartbeatMs: integer({
    min: 1_000,
    max: 3_600_000,
    default: 30_000,
    doc: 'A client that is silent so long is asked for a sign of life, and is cut off after as long again, milliseconds.',
  }),
  messageTimeoutMs: integer({
    min: 1_000,
    max: 3_600_000,
    default: 120_000,
    doc: 'A message whose first bytes have come must be complete by then, milliseconds. A frame of 8 MiB at 0.6 Mbit/s takes so long.',
  }),
  frameBytesMax: integer({
    min: 1024 * 1024,
    max: FRAME_BYTES_MAX,
    default: FRAME_BYTES_MAX,
    doc: 'Largest message of a client, bytes. A larger one closes its connection with 1009.',
  }),
  framesPerSecondMax: integer({
    min: 10,
    max: 100_000_000,
    default: 50_000,
    doc: 'Messages, pings and pongs of one connection in a second. Beyond it the connection is read more slowly; nothing is lost.',
  }),
  fragmentsMax: integer({
    min: 1,
    max: 131_072,
    default: 8_192,
    doc: 'Fragments (RFC 6455 §5.4) of one message. More close the connection with 1008; libraries that fragment do so by kilobytes.',
  }),
  jsonDepthMax: integer({
    min: 16,
    max: 1_024,
    default: 1_024,
    doc: 'Brackets within brackets in a message of the JSON dialect. Items of the CBOR dialect are read by workers, which allow 256 levels.',
  }),
  headersTimeoutMs: integer({
    min: 100,
    max: 600_000,
    default: 10_000,
    doc: 'The headers of a request must be complete by then, counted from the connection or the end of the request before, milliseconds.',
  }),
  headerBytesMax: integer({
    min: 1_024,
    max: 1_048_576,
    default: 16_384,
    doc: 'All headers of a request together, bytes. More are answered by 431.',
  }),
  requestTimeoutMs: integer({ min: 100, max: 3_600_000, default: 30_000, doc: 'A whole request must be there by then, milliseconds.' }),
  bodyBytesMax: integer({
    min: 1_024,
    max: 1_073_741_824,
    default: 1024 * 1024,
    doc: 'Body of a request, bytes: the items of a comparison. A larger one is answered by 413.',
  }),
  batchesOpenMax: integer({
    min: 1,
    max: 10_000_000,
    default: 200_000,
    doc: 'Most batches open at once in one session. 100,000 single submits in flight are ordinary; each costs about 1 KiB.',
  }),
  batchesOpenTotalMax: integer({
    min: 1,
    max: 10_000_000,
    default: 1_000_000,
    doc: 'Most batches open at once in all sessions together.',
  }),
  batchItemsMax: integer({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    default: 10_000_000_000,
    doc: 'Most items of one batch. Input is streamed, so a long batch takes no more memory than a short one; this stops an endless one.',
  }),
  itemBytesMax: integer({ min: 64, max: ITEM_BYTES_MAX, default: ITEM_BYTES_MAX, doc: 'Largest single item, encoded, bytes.' }),
  heldBytesMax: integer({
    min: 65_536,
    max: 1_099_511_627_776,
    default: 1_073_741_824,
    doc: 'Item bytes of all batches together that wait in the coordinator at most. Beyond it batches are refused until some have run.',
  }),
  nameLengthMax: integer({
    min: 1,
    max: NAME_LENGTH_MAX,
    default: NAME_LENGTH_MAX,
    doc: 'Longest name of a task or a pool, UTF-16 code units.',
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
  quarantineMax: integer({
    min: 1,
    max: 1_000_000,
    default: 1_000,
    doc: 'Tasks that crashed their workers each time and are kept for `forkpool quarantine`; beyond it the oldest is forgotten.',
  }),
  quarantineBytesMax: integer({
    min: 1_024,
    max: 1_099_511_627_776,
    default: 64 * 1024 * 1024,
    doc: 'Bytes of the items of these tasks, likewise.',
  }),
  batchesKept: integer({
    min: 0,
    max: 1_000_000,
    default: 1_000,
    doc: 'Ended batches that stay in the lists of the API and the dashboard.',
  }),
  loopPollMs: integer({
    min: 0,
    max: 100,
    default: 1,
    doc: 'After a frame of a small batch the coordinator, and its first workers, as many as there are cores, stay awake so long for the next, where such frames follow each other as soon, milliseconds: waking a processor takes longer than the task. 0: never.',
  }),
} as const
