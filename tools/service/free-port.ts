import { createServer } from 'node:net'

/** So many ports after the preferred one are tried before any free one will do. */
const NEIGHBOURS_MAX = 20

/** A TCP port on 127.0.0.1 that nobody listens on: `preferred`, else one of its next neighbours, else any. */
export async function freePort(preferred: number): Promise<number> {
  for (let port = preferred; port < preferred + NEIGHBOURS_MAX && port <= 65_535; port++) {
    if ((await tryPort(port)) !== undefined) return port
  }
  const any = await tryPort(0)
  if (any === undefined) throw new Error('no free port on 127.0.0.1')
  return any
}

/** The port that was listened on for a moment; undefined when that was not possible. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })
}
