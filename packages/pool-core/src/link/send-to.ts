import type { FrameParts } from '../protocol/index.ts'
import type { WorkerLink } from './worker-link.ts'

/** Sends a frame or its parts; as one piece where the link takes no parts. */
export function sendTo(link: WorkerLink, frame: Uint8Array | FrameParts): void {
  if (frame instanceof Uint8Array) link.send(frame)
  else if (link.sendParts !== undefined) link.sendParts(frame)
  else link.send(joined(frame))
}

function joined(parts: FrameParts): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
