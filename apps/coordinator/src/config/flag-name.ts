/** `maxWorkers` → `max-workers`. */
export function flagName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `maxWorkers` → `FORKPOOL_MAX_WORKERS`. */
export function variableName(key: string): string {
  return `FORKPOOL_${flagName(key).replaceAll('-', '_').toUpperCase()}`
}
