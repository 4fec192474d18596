const unclosed = new Set<object>()
let isListening = false

/** Warns, once, when the program ends by itself and pools were left open. */
function warn(): void {
  if (unclosed.size === 0) return
  const pools = unclosed.size === 1 ? 'a pool was' : `${unclosed.size} pools were`
  unclosed.clear()
  process.emitWarning(`${pools} never closed: use "await using pool = …", or await pool.close()`, {
    type: 'ForkpoolWarning',
    code: 'FORKPOOL_UNCLOSED',
  })
}

/** Notes an open pool. Returns what is to be called when it is closed. */
export function noteOpenPool(pool: object): () => void {
  unclosed.add(pool)
  if (!isListening) {
    isListening = true
    process.on('beforeExit', warn)
  }
  return () => unclosed.delete(pool)
}
