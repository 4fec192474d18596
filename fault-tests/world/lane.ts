import type { Socket } from 'node:net'
import { FrameCutter } from './frame-cutter.ts'
import type { Piece } from './frame-cutter.ts'

/** What is to be done to the next message of a lane. */
export type Mischief = 'twice' | 'swapped'

/** A message that is to change places with the next is not kept back longer: it may be the last. */
const SWAP_WAIT_MS = 300

/** One direction of a connection through the proxy. */
export class Lane {
  readonly #from: Socket
  readonly #to: Socket
  readonly #cutter = new FrameCutter()
  #isHeld = false
  #bytesPerSecond: number | undefined
  #mischief: Mischief | undefined
  #kept: Buffer | undefined
  #keptTimer: ReturnType<typeof setTimeout> | undefined

  constructor(from: Socket, to: Socket) {
    this.#from = from
    this.#to = to
    from.on('data', (bytes: Buffer) => this.#take(bytes))
    to.on('drain', () => this.#go())
  }

  /** Lets nothing through, and tells nobody: what is sent meanwhile waits, as on a line that is cut. */
  hold(): void {
    this.#isHeld = true
    this.#from.pause()
  }

  release(): void {
    this.#isHeld = false
    this.#go()
  }

  /** Undefined: as fast as it goes. */
  slowDown(bytesPerSecond: number | undefined): void {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Does it to the next message, once. */
  arm(mischief: Mischief): void {
    this.#mischief = mischief
  }

  /** It is still to come, or half done. */
  get isArmed(): boolean {
    return this.#mischief !== undefined || this.#kept !== undefined
  }

  disarm(): void {
    this.#mischief = undefined
    this.#writeKept()
  }

  close(): void {
    clearTimeout(this.#keptTimer)
    this.#mischief = undefined
    this.#kept = undefined
  }

  #go(): void {
    if (!this.#isHeld) this.#from.resume()
  }

  #take(bytes: Buffer): void {
    for (const piece of this.#cutter.push(bytes)) this.#pass(piece)
    if (this.#to.writableNeedDrain) this.#from.pause()
    const rate = this.#bytesPerSecond
    if (rate === undefined) return
    this.#from.pause()
    setTimeout(() => this.#go(), (bytes.length / rate) * 1000).unref()
  }

  #pass({ bytes, isMessage }: Piece): void {
    if (!isMessage) return this.#write(bytes)
    if (this.#kept !== undefined) {
      this.#write(bytes)
      this.#writeKept()
      return
    }
    const mischief = this.#mischief
    this.#mischief = undefined
    if (mischief === 'swapped') {
      this.#kept = bytes
      this.#keptTimer = setTimeout(() => this.#writeKept(), SWAP_WAIT_MS).unref()
      return
    }
    this.#write(bytes)
    if (mischief === 'twice') this.#write(bytes)
  }

  #writeKept(): void {
    clearTimeout(this.#keptTimer)
    if (this.#kept !== undefined) this.#write(this.#kept)
    this.#kept = undefined
  }

  #write(bytes: Buffer): void {
    if (this.#to.writable) this.#to.write(bytes)
  }
}
