/** Answers each frame at once with so many bytes. Arguments: path of the Unix socket, bytes of an answer. */
import { WebSocket } from 'ws'

const [socketPath = '', bytes = '0'] = process.argv.slice(2)
const answer = Buffer.alloc(Number(bytes), 1)
// The mask is left zero: ws then skips the masking, as Forkpool does on its own links.
const relay = new WebSocket(`ws+unix://${socketPath}:/`, {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  generateMask: () => undefined,
})
relay.on('message', () => relay.send(answer, { binary: true }))
relay.on('close', () => process.exit())
process.stdin.resume().on('end', () => process.exit())
