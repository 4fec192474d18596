/** Where the files lie. On Linux it is where `shm_open` puts them; elsewhere files of a folder of the user's own are mapped. */
export function segmentDirectory(): string {
  if (process.platform === 'linux') return '/dev/shm'
  const { tmpdir } = process.getBuiltinModule('node:os')
  const directory = `${tmpdir()}/forkpool-memory-${process.getuid?.() ?? 0}`
  process.getBuiltinModule('node:fs').mkdirSync(directory, { recursive: true, mode: 0o700 })
  return directory
}
