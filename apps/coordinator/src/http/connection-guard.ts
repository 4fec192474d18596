import type { Server, Socket } from 'node:net'
import { isIPv6 } from 'node:net'
import type { LimitName } from '../config/limits.ts'

export interface GuardLimits {
  readonly connectionsMax: number
  readonly connectionsPerAddressMax: number
}

/** Places beside those of clients: for probes, metrics and the dashboard. */
const HTTP_CONNECTIONS_MAX = 500

/**
 * Holds the number of TCP connections down, in total and from one address, before a byte of them is read. What is too much is closed
 * without an answer: an answer would cost more than the connection.
 */
export class ConnectionGuard {
  readonly #limits: GuardLimits
  readonly #refused: (limit: LimitName) => void
  readonly #byAddress = new Map<string, number>()

  constructor(limits: GuardLimits, refused: (limit: LimitName) => void) {
    this.#limits = limits
    this.#refused = refused
  }

  attach(server: Server): void {
    server.maxConnections = this.#limits.connectionsMax + HTTP_CONNECTIONS_MAX
    server.on('drop', () => this.#refused('connectionsMax'))
    server.on('connection', (socket: Socket) => this.#admit(socket))
  }

  #admit(socket: Socket): void {
    const { remoteAddress } = socket
    // Gone before we looked.
    if (remoteAddress === undefined) return
    const place = networkOf(remoteAddress)
    const present = this.#byAddress.get(place) ?? 0
    if (present >= this.#limits.connectionsPerAddressMax) {
      this.#refused('connectionsPerAddressMax')
      socket.destroy()
      return
    }
    this.#byAddress.set(place, present + 1)
    socket.once('close', () => {
      const left = (this.#byAddress.get(place) ?? 1) - 1
      if (left === 0) this.#byAddress.delete(place)
      else this.#byAddress.set(place, left)
    })
  }
}

/**
 * What counts as one address. Of IPv6 it is the network of 64 bits that one subscriber has at least: whoever has one address there has
 * 2⁶⁴ (RFC 6177).
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address
  const [head = '', tail] = (address.split('%', 1)[0] as string).split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
