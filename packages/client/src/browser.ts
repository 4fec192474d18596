/** `@forkpool/client` for browsers: the same names, and nothing of Node. */
import type { Connect } from './connect.ts'
import { connectThrough } from './connect.ts'
import { browserTransport } from './transports/browser.ts'

/** As in `index.ts`; the token goes with the first message, since a browser's WebSocket takes no headers. */
export const connect: Connect = connectThrough(browserTransport)

export * from './exports.ts'
