import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where a coordinator keeps its data when nobody says: a folder of the user's own that outlives the terminal, and one for each port, so
 * that two coordinators on a machine do not meet. Undefined for port 0, which is another one each time.
 * Source: XDG Base Directory Specification 0.8, `$XDG_STATE_HOME`.
 */
export function defaultDataDir(port: number, environment: NodeJS.ProcessEnv, home: string = homedir()): string | undefined {
  if (port === 0) return undefined
  const given = environment['XDG_STATE_HOME']
  // The specification: a path that is not absolute is to be ignored.
  const state = given?.startsWith('/') === true ? given : join(home, '.local', 'state')
  return join(state, 'forkpool', String(port))
}
