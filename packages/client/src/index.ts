/** `@forkpool/client` for Node. */
import type { Connect } from './connect.ts'
import { connectThrough } from './connect.ts'
import { nodeTransport } from './transports/node.ts'

/**
 * Connects to a coordinator. `Tasks` is what its task modules export, for checked names, arguments and results:
 * `connect<typeof import('./tasks.ts')>('ws://127.0.0.1:7070')`.
 *
 * Rejects with a `ForkpoolError`: `COORDINATOR_UNREACHABLE`, `UNAUTHORISED`, `PROTOCOL_VERSION`, or `BAD_ARGUMENT` for options; or with the
 * signal's reason. Then nothing is left open.
 */
export const connect: Connect = connectThrough(nodeTransport)

export * from './exports.ts'
