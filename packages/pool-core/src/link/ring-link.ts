import type { Clock, Instant } from '../base/index.ts'
import { Patience } from './patience.ts'
import { SLEEP, sleepWord } from './ring-layout.ts'
import type { RingMemory, RingSide } from './ring-layout.ts'
import { RingReader } from './ring-reader.ts'
import { RingWriter } from './ring-writer.ts'
import type { LinkClosed, WorkerLink } from './worker-link.ts'

/** How long a side looks for the next frame before it sleeps. As long as it takes to be woken: then to look costs at most twice the best choice. */
const LOOK_MS = 0.1

/**
 * So many frames through the link below cost as much more than through a ring as it costs to join one: through a pipe each takes 50 µs longer, and to load what maps
 * memory takes 3 to 5 ms on either side.
 */
const RING_PAYS_FROM_FRAMES = 160

/** So many bytes of a frame cost as much as a frame. */
const BYTES_A_FRAME_SHIFT = 14

/** On the link below: from now on look into the ring; and later, wake up. No other frame is empty. */
const BELL = new Uint8Array(0)

/** The memory has been joined: its two rings, seen from one side. */
interface Joined {
  readonly memory: RingMemory
  readonly reader: RingReader
  readonly writer: RingWriter
  readonly ownSleep: number
  readonly otherSleep: number
}

/**
 * A worker link through memory that both sides see, over another link that wakes a side which sleeps, tells of the end, and carries the frames
 * until both have joined the memory; for ever where one cannot. README.md has the argument that no frame is left lying.
 */
export class RingLink implements WorkerLink {
  readonly #link: WorkerLink
  readonly #clock: Clock
  #patience = new Patience(0)
  #joined: Joined | undefined
  /** The other side writes into the ring. */
  #reads = false
  /** This side writes into the ring. */
  #writes = false
  /** `asleep`: the bell wakes it. `looking`: a turn of the event loop is due in which it looks. */
  #state: 'asleep' | 'looking' = 'asleep'
  /** Since when it waits for the next frame. */
  #waitsSince: Instant
  #isListening = false
  /** Frames of the link below that came before a handler. */
  readonly #early: Uint8Array[] = []
  /** What has gone through the link below, in frames. */
  #carried = 0
  #onWorthwhile: (() => void) | undefined
  #onOffer: (() => void) | undefined
  #closeReason: string | undefined
  #closed: LinkClosed | undefined
  #onFrame: ((frame: Uint8Array) => void) | undefined
  #onClose: ((closed: LinkClosed) => void) | undefined

  constructor(link: WorkerLink, clock: Clock) {
    this.#link = link
    this.#clock = clock
    this.#waitsSince = clock.now()
    link.onClose((closed) => this.#end(closed))
  }

  /**
   * Joins the memory. Side 0 does so first, and side 1 where it knows of that, by an offer or another way; it says so, and side 0 answers: each writes into the
   * ring from then on.
   */
  join(memory: RingMemory, side: RingSide): void {
    if (this.#closed !== undefined) {
      memory.close()
      return
    }
    const other = side === 0 ? 1 : 0
    // One core cannot look and compute at once.
    if (process.getBuiltinModule('node:os').availableParallelism() > 1) this.#patience = new Patience(LOOK_MS)
    this.#joined = {
      memory,
      reader: new RingReader(memory, other),
      writer: new RingWriter(memory, side),
      ownSleep: sleepWord(side),
      otherSleep: sleepWord(other),
    }
    // Also where nobody takes frames yet: the bell tells of room, too.
    this.#listen()
    if (side === 0) return
    this.#writes = true
    this.#ring()
  }

  /** Calls `told` once, when so much has gone through the link below that a ring would pay. */
  whenWorthwhile(told: () => void): void {
    this.#onWorthwhile = told
  }

  /** Calls `told` when side 0 says that it has joined: for side 1 to do so, or to let be. */
  whenOffered(told: () => void): void {
    this.#onOffer = told
  }

  /** Joins the memory as side 0 and says so. */
  offer(memory: RingMemory): void {
    this.join(memory, 0)
    if (this.#joined !== undefined) this.#ring()
  }

  send(frame: Uint8Array): void {
    if (this.#closeReason !== undefined || this.#closed !== undefined) return
    const joined = this.#joined
    if (joined === undefined || !this.#writes) {
      this.#link.send(frame)
      this.#carry(frame)
      return
    }
    if (joined.writer.write(frame)) this.#wakeOther(joined, SLEEP.FOR_DATA)
    this.#waitsSince = this.#clock.now()
    if (this.#state === 'looking') return
    if (this.#patience.isWorthwhile) this.#lookSoon(joined)
    else if (joined.writer.isBehind) this.#sleep(joined)
  }

  flush(): void {
    this.#link.flush()
  }

  onFrame(handler: (frame: Uint8Array) => void): void {
    this.#onFrame = handler
    this.#listen()
    for (const frame of this.#early.splice(0)) this.#onFrame(frame)
    if (this.#joined !== undefined && this.#reads && this.#state !== 'looking') this.#lookSoon(this.#joined)
  }

  onClose(handler: (closed: LinkClosed) => void): void {
    this.#onClose = handler
    if (this.#closed !== undefined) handler(this.#closed)
  }

  close(reason: string): void {
    if (this.#closeReason !== undefined || this.#closed !== undefined) return
    this.#closeReason = reason
    this.#closeWhenWritten()
  }

  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    this.#link.onFrame((frame) => this.#receive(frame))
  }

  /** A frame of the link below. */
  #receive(frame: Uint8Array): void {
    const joined = this.#joined
    if (frame.length > 0) {
      this.#carry(frame)
      if (this.#onFrame === undefined) this.#early.push(frame.slice())
      else this.#onFrame(frame)
      return
    }
    if (joined === undefined) {
      this.#onOffer?.()
      return
    }
    this.#reads = true
    if (!this.#writes) {
      this.#writes = true
      this.#ring()
    }
    if (this.#state === 'looking') return
    // Awake first, then a look: what is written after the look, its writer finds nobody to wake for.
    Atomics.store(joined.memory.words, joined.ownSleep, SLEEP.AWAKE)
    this.#look(joined, true)
    this.#goOn(joined)
  }

  #carry(frame: Uint8Array): void {
    this.#carried += 1 + (frame.length >> BYTES_A_FRAME_SHIFT)
    if (this.#onWorthwhile === undefined || this.#carried < RING_PAYS_FROM_FRAMES) return
    const told = this.#onWorthwhile
    this.#onWorthwhile = undefined
    told()
  }

  readonly #turn = (): void => {
    const joined = this.#joined
    if (joined === undefined || this.#closed !== undefined) return
    this.#state = 'asleep'
    try {
      this.#look(joined, false)
    } finally {
      // A handler that throws must not leave the link deaf.
      if (this.#closed === undefined) this.#goOn(joined)
    }
  }

  /** After a look: another one, or sleep. */
  #goOn(joined: Joined): void {
    if (this.#closed !== undefined || this.#state === 'looking') return
    if (this.#patience.isWorthwhile) {
      if (!this.#patience.isOver(this.#clock.now() - this.#waitsSince)) {
        this.#lookSoon(joined)
        return
      }
      this.#patience.gaveUp()
    }
    this.#sleep(joined)
  }

  #lookSoon(joined: Joined): void {
    this.#state = 'looking'
    Atomics.store(joined.memory.words, joined.ownSleep, SLEEP.AWAKE)
    setImmediate(this.#turn)
  }

  /** Says that the bell is wanted, and only then makes sure that there is nothing to do. */
  #sleep(joined: Joined): void {
    const { reader, writer } = joined
    Atomics.store(joined.memory.words, joined.ownSleep, writer.isBehind ? SLEEP.FOR_ROOM_TOO : SLEEP.FOR_DATA)
    if ((this.#isReading && reader.hasMore) || (writer.isBehind && writer.room > 0)) this.#lookSoon(joined)
  }

  get #isReading(): boolean {
    return this.#reads && this.#onFrame !== undefined
  }

  /** Reads what is there and writes what waits. */
  #look(joined: Joined, slept: boolean): void {
    const { reader, writer } = joined
    const wrote = writer.isBehind && writer.flush()
    const reads = this.#isReading && reader.hasMore
    if (reads) {
      this.#patience.ended(this.#clock.now() - this.#waitsSince, slept)
      this.#read(joined)
      this.#waitsSince = this.#clock.now()
    }
    if (this.#closed !== undefined) return
    if (wrote) this.#wakeOther(joined, SLEEP.FOR_DATA)
    else if (reads) this.#wakeOther(joined, SLEEP.FOR_ROOM_TOO)
    this.#closeWhenWritten()
  }

  /** Hands out what is there now, and no more: a fast writer must not keep this event loop for ever. */
  #read({ reader }: Joined): void {
    const { end } = reader
    for (let frame = this.#take(reader, end); frame !== undefined; frame = this.#take(reader, end)) this.#onFrame?.(frame)
  }

  #take(reader: RingReader, end: number): Uint8Array | undefined {
    try {
      return reader.take(end)
    } catch (error) {
      this.#reads = false
      this.#closeReason ??= (error as Error).message
      this.#link.close(this.#closeReason)
      return undefined
    }
  }

  /** Rings the bell if the other side sleeps and waits for this, once for each sleep. */
  #wakeOther({ memory, otherSleep }: Joined, cause: number): void {
    if (Atomics.load(memory.words, otherSleep) < cause) return
    if (Atomics.exchange(memory.words, otherSleep, SLEEP.AWAKE) !== SLEEP.AWAKE) this.#ring()
  }

  /** Not at the end of the turn, but now: a task that keeps this event loop from turning may come first. */
  #ring(): void {
    this.#link.send(BELL)
    this.#link.flush()
  }

  #closeWhenWritten(): void {
    if (this.#closeReason === undefined || this.#joined?.writer.isBehind === true) return
    this.#link.close(this.#closeReason)
  }

  #end(closed: LinkClosed): void {
    const joined = this.#joined
    // What the other side wrote before its end is still to be read.
    if (joined !== undefined && this.#isReading) this.#read(joined)
    this.#closed = closed
    joined?.memory.close()
    this.#onClose?.(closed)
  }
}
