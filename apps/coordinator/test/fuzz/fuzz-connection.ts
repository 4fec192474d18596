import { SeededRandom } from '@forkpool/pool-core/testing'
import { closeCodeOf, frame, OPCODE, RawSocket } from '../support/raw-socket.ts'
import { cborFrame } from './cbor-frames.ts'
import { ClientScript } from './client-script.ts'
import { jsonFrame } from './json-frames.ts'
import { httpBytes } from './http-requests.ts'
import { inPieces, socketFault } from './socket-frames.ts'

/** How long an answer may take on a machine that is busy with something else, too. */
const ANSWER_MS = 20_000

const FRAMES_MAX = 24

/** Marks the end of what was sent: an answer to it says that all before it was read. */
const SENTINEL = 'fuzz-sentinel'

export interface FuzzOutcome {
  /** Frames that were sent. */
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
  const hello = write(new SeededRandom(1), { kind: 'hello', versions: [1], client: 'fuzz' })
  const pieces: Buffer[] = random.chance(0.95) ? [frame(opcode, hello)] : []
  let cut = false
  for (let i = random.integer(2, FRAMES_MAX); i > 0 && !cut; i--) {
    if (random.chance(0.02)) {
      const fault = socketFault(random, opcode)
      pieces.push(fault.bytes)
      cut = fault.cut
    } else pieces.push(inPieces(random, opcode, write(random, script.next())))
  }
  await using raw = await RawSocket.upgraded(url, isJson ? 'forkpool.v1.json' : 'forkpool.v1.cbor')
  raw.write(Buffer.concat(pieces))
  if (cut) raw.socket.end()
  else raw.write(frame(OPCODE.ping, SENTINEL))
  return { frames: pieces.length, end: await endOf(raw, cut) }
}

async function endOf(raw: RawSocket, cut: boolean): Promise<string> {
  const late = AbortSignal.timeout(ANSWER_MS)
  const expired = new Promise<'late'>((resolve) => late.addEventListener('abort', () => resolve('late')))
  const answered = raw.until(SENTINEL).then(
    () => 'alive' as const,
    () => 'ended' as const,
  )
  const seen = raw.bytesSoFar()
  const closing = raw.untilClose().then((code) => {
    // As a client must: otherwise the coordinator waits for our part of the goodbye.
    raw.write(frame(OPCODE.close, Buffer.from([0x03, 0xe8])))
    raw.socket.end()
    return code
  })
  void seen
  const first = await Promise.race([answered, closing, expired])
  if (first === 'late') return 'no answer'
  if (first === 'alive') return 'alive'
  if (typeof first === 'number') return `${first}`
  const code = closeCodeOf(raw.buffered)
  return code === undefined ? (cut ? 'cut' : 'ended without a close code') : `${code}`
}

/** One connection of bytes to the HTTP port. The end is the first answer's status, or `closed`. */
export async function fuzzHttp(url: string, seed: number): Promise<FuzzOutcome> {
  const random = new SeededRandom(seed)
  await using raw = await RawSocket.open(url)
  raw.write(httpBytes(random))
  raw.socket.end()
  const late = new Promise<'late'>((resolve) => AbortSignal.timeout(ANSWER_MS).addEventListener('abort', () => resolve('late')))
  const first = await Promise.race([raw.ended.then(() => 'ended' as const), raw.until(' ').then(() => 'answer' as const, () => 'ended' as const), late])
  if (first === 'late') return { frames: 1, end: 'no answer' }
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(raw.all)?.[1]
  return { frames: 1, end: status ?? 'closed' }
}
