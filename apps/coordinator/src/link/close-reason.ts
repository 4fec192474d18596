/** Longest reason that a close frame carries, bytes (RFC 6455 §5.5.1). A longer one is an exception in `ws`. */
const REASON_BYTES_MAX = 123

/** A reason cut to what a close frame carries, between two characters: a decoder that expects more leaves out the half of one. */
export function closeReason(text: string): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, REASON_BYTES_MAX), { stream: true })
}
