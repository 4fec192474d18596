/** The only source of chance in the house. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** `bytes` unguessable bytes as lower-case hexadecimal. */
  token(bytes: number): string
}

/** The platform's random numbers; `token` is from its cryptographic source. */
export const systemRandom: Random = {
  next: () => Math.random(),
  token: (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
}
