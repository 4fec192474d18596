import { readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

/** What `mkdtemp` makes of the prefix of a coordinator's folder, and nothing else that begins alike. */
const FOLDER = /^forkpool-[A-Za-z0-9]{6}$/

/** More are left for the next start. */
const SWEPT_MAX = 100

export const FOLDER_PREFIX = 'forkpool-'

/** The socket in the folder of a coordinator. */
export function socketIn(folder: string): string {
  return join(folder, 'workers.sock')
}

/**
 * Removes the folders that killed coordinators have left in `parent`: those with a socket on which nobody listens. The process identifier would
 * say less, for another container with the same folder counts its own. What cannot be read or removed is somebody else's, and is left.
 */
export async function sweepStaleFolders(parent: string): Promise<readonly string[]> {
  const names = (await readdir(parent).catch(() => [])).filter((name) => FOLDER.test(name)).slice(0, SWEPT_MAX)
  const swept: string[] = []
  for (const name of names) {
    const folder = join(parent, name)
    if (!(await isAbandoned(socketIn(folder)))) continue
    const gone = await rm(folder, { recursive: true }).then(
      () => true,
      () => false,
    )
    if (gone) swept.push(folder)
  }
  return swept
}

/** Whether there is a socket and nobody behind it. */
function isAbandoned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const end = (abandoned: boolean): void => {
      socket.destroy()
      resolve(abandoned)
    }
    socket.once('connect', () => end(false))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'))
  })
}
