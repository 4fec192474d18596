/**
 * The least that a service of this shape can be: takes a client's frame over TCP, passes it to one worker over a Unix socket, and the
 * worker's frame back. No scheduler, no decoding, no record. Arguments: path of the Unix socket. Prints its port when both are there.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

const [socketPath = ''] = process.argv.slice(2)
const options = { perMessageDeflate: false, skipUTF8Validation: true }
const clientSide = createServer()
const workerSide = createServer()
let client: WebSocket | undefined

new WebSocketServer({ ...options, server: workerSide }).on('connection', (worker) => {
  worker.on('message', (frame) => client?.send(frame as Buffer, { binary: true }))
  new WebSocketServer({ ...options, server: clientSide }).on('connection', (connected) => {
    client = connected
    client.on('message', (frame) => worker.send(frame as Buffer, { binary: true }))
  })
  clientSide.listen(0, '127.0.0.1', () => console.log((clientSide.address() as AddressInfo).port))
})
workerSide.listen(socketPath)
// The bench closes standard input when it is done, or is gone itself.
process.stdin.resume().on('end', () => process.exit())
