/** How a link ended. */
export interface LinkClosed {
  /** Close code of the transport, where it has one. */
  readonly code?: number | undefined
  readonly reason: string
}

/**
 * The way between a pool and one worker: frames in order, both ways, until one side closes. Implementations: WebSocket over a Unix
 * socket (coordinator to its forked workers); threads, rings and IPC come with the local pools.
 */
export interface WorkerLink {
  /** Sends a frame; after the end of the link it does nothing: the `onClose` handler has said so. The frame's bytes must not change afterwards. */
  send(frame: Uint8Array): void
  /** As `send`, of a frame in parts, which must not change until they are written. Absent where parts spare no copy. */
  sendParts?(parts: readonly Uint8Array[]): void
  /**
   * Hands over at once what was sent and may wait for the end of this turn of the event loop. For who is about to run what may keep the turn
   * from ending: no answer may wait for that.
   */
  flush(): void
  /** Called for each frame, in order. Bytes are valid until the handler returns unless it keeps a copy. */
  onFrame(handler: (frame: Uint8Array) => void): void
  /** Called once, when no frame will come any more, whoever closed. */
  onClose(handler: (closed: LinkClosed) => void): void
  /** Closes after what was sent. Twice is fine. */
  close(reason: string): void
}
