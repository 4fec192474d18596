import { SeededRandom } from '@forkpool/pool-core/testing'
import { frame, OPCODE, RawSocket, serverFrames } from '../support/raw-socket.ts'
import { cborFrame } from './cbor-frames.ts'
import { ClientScript } from './client-script.ts'
import { httpBytes } from './http-requests.ts'
import { jsonFrame } from './json-frames.ts'
import { inPieces, socketFault } from './socket-frames.ts'

/** How long an answer may take on a machine that is busy with something else, too. */
const ANSWER_MS = 20_000

const FRAMES_MAX = 24

/** Follows each frame as a ping, with the frame's number: the pong says that it was read. */
const MARK = 'mark:'

export interface FuzzOutcome {
  /** Frames that the coordinator has read: those behind the one for which it closed count for nothing. */
  readonly frames: number
  /** `alive`: everything was read and the connection goes on; a close code; `cut`: we left in the middle of a frame; or what was wrong. */
  readonly end: string
}

/** One connection of frames, right and wrong, in the dialect that the seed chooses. The same seed sends the same frames. */
export async function fuzzConnection(url: string, seed: number): Promise<FuzzOutcome> {
  const random = new SeededRandom(seed)
  const isJson = random.chance(0.5)
  const opcode = isJson ? OPCODE.text : OPCODE.binary
  const write = isJson ? jsonFrame : cborFrame
  const script = new ClientScript(random)
  const pieces: Buffer[] = []
  if (random.chance(0.95)) pieces.push(frame(opcode, HELLO[isJson ? 'json' : 'cbor']))
  let cut = false
  for (let i = random.integer(2, FRAMES_MAX); i > 0 && !cut; i--) {
    if (random.chance(0.01)) {
      const fault = socketFault(random, opcode)
      pieces.push(fault.bytes)
      cut = fault.cut
    } else pieces.push(inPieces(random, opcode, write(random, script.next())))
  }
  await using raw = await RawSocket.upgraded(url, isJson ? 'forkpool.v1.json' : 'forkpool.v1.cbor')
  raw.write(Buffer.concat(pieces.flatMap((piece, i) => [piece, frame(OPCODE.ping, `${MARK}${i + 1}`)])))
  if (cut) raw.socket.end()
  let read = 0
  const look = (received: Buffer): string | undefined => {
    for (const { opcode: kind, payload } of serverFrames(received)) {
      if (kind === OPCODE.close) return `${payload.length >= 2 ? payload.readUInt16BE(0) : 1005}`
      if (kind === OPCODE.pong) read = Math.max(read, Number(payload.toString('latin1').slice(MARK.length)) || 0)
      if (read === pieces.length) return 'alive'
    }
    return undefined
  }
  const end = await inTime(raw.seen(look).then((seen) => seen ?? (cut ? 'cut' : 'ended without a close frame')))
  return { frames: Math.min(pieces.length, read + 1), end }
}

const HELLO = {
  json: '{"kind":"hello","versions":[1],"client":"fuzz"}',
  cbor: Buffer.from('a2646b696e646568656c6c6f6876657273696f6e738101', 'hex'),
}

/** One connection of bytes to the HTTP port. The end is the status of the last answer, or `closed`. */
export async function fuzzHttp(url: string, seed: number): Promise<FuzzOutcome> {
  const random = new SeededRandom(seed)
  await using raw = await RawSocket.open(url)
  raw.write(httpBytes(random))
  raw.socket.end()
  const status = (received: Buffer): string | undefined => /^HTTP\/1\.1 (\d{3}) /.exec(received.toString('latin1', 0, 20))?.[1]
  return { frames: 1, end: await inTime(raw.seen(status).then((seen) => seen ?? 'closed')) }
}

function inTime(end: Promise<string>): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('no answer'), ANSWER_MS)
    void end.then((seen) => {
      clearTimeout(timer)
      resolve(seen)
    })
  })
}
