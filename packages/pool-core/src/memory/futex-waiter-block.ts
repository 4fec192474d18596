/** `struct futex_waitv`: expected value, address, flags, each in 8 bytes. */
export const ENTRY_BYTES = 24

/** The kernel takes 128 at a time (`FUTEX_WAITV_MAX`); one is the control word. */
export const WORDS_PER_THREAD = 127

/**
 * The words between an event loop and its waiter thread. All but entry 0's expected value are written by the loop only.
 * - GENERATION grows with every change of the others; the thread sleeps on it too, so that a change always wakes it.
 * - COUNT: how many entries there are, besides entry 0.
 * - STOP: 1 when the thread shall end.
 * - ENTRIES: the 32-bit word at which the entries begin.
 * - FUTEX_32: the flags of an entry: a 32-bit word, shared between processes.
 */
export const BLOCK: {
  readonly GENERATION: 0
  readonly COUNT: 1
  readonly STOP: 2
  readonly ENTRIES: 16
  readonly FUTEX_32: 2n
} = { GENERATION: 0, COUNT: 1, STOP: 2, ENTRIES: 16, FUTEX_32: 2n }

export const BLOCK_BYTES: number = 4 * BLOCK.ENTRIES + (WORDS_PER_THREAD + 1) * ENTRY_BYTES
