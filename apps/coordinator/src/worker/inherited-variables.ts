/**
 * The variables that a worker inherits: where programs, homes and temporary files are, language and time zone, and how Node is to run. Whatever
 * else the coordinator was started with stays with it: among it may be secrets that it does not even know to be some.
 */
const INHERITED: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'TMP',
  'TEMP',
  'NODE_ENV',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'NODE_NO_WARNINGS',
  'NODE_DISABLE_COLORS',
  'NODE_ICU_DATA',
  'NO_COLOR',
  'FORCE_COLOR',
  'UV_THREADPOOL_SIZE',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'LD_LIBRARY_PATH',
  'MALLOC_ARENA_MAX',
  'OMP_NUM_THREADS',
  // Without these nothing starts on Windows.
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
])

/**
 * For every variable of the coordinator that a worker must not have: `undefined`, which is how `cluster.fork`, which adds to the variables of its
 * own process, is told to leave one out. It is never in what the worker is started with, so `/proc/self/environ` does not show it either.
 *
 * @param named variables that the operator lets through besides (`--worker-env`).
 */
export function withheldVariables(present: NodeJS.ProcessEnv, named: readonly string[]): Record<string, undefined> {
  const passes = (name: string): boolean => {
    const upper = name.toUpperCase()
    return INHERITED.has(upper) || upper.startsWith('LC_') || named.includes(name)
  }
  const withheld = Object.keys(present).filter((name) => !passes(name))
  return Object.fromEntries(withheld.map((name) => [name, undefined]))
}
