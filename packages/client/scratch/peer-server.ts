import { startWebSocketPeer } from '../test/web-socket-peer.ts'
import { WebSocketServer } from 'ws'
const limits = { inputWindowBytes: 16 << 20, resultWindowBytes: 16 << 20 }
const peer = await startWebSocketPeer({ tasks: { square: (n: number) => n * n }, limits, shardItems: 16384 })
const echo = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
echo.on('connection', (ws) => ws.on('message', (d) => ws.send(d)))
await new Promise((r) => echo.once('listening', r))
setInterval(() => {
  peer.peer.received.length = 0
}, 100).unref()
process.send!({ peer: peer.url, echo: `ws://127.0.0.1:${(echo.address() as any).port}` })
process.on('disconnect', () => process.exit())
