import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  decodeClientMessage,
  decodeCoordinatorMessage,
  decodeItems,
  decodeServerMessage,
  decodeWorkerMessage,
  encodeClientMessage,
  encodeCoordinatorMessage,
  encodeServerMessage,
  encodeWorkerMessage,
  fillProtocolTables,
  FRAME_BYTES_MAX,
  INPUT_WINDOW_BYTES,
  ITEM_BYTES_MAX,
} from '../src/protocol/index.ts'
import type { ClientMessage, CoordinatorMessage, ServerMessage, WorkerMessage } from '../src/protocol/index.ts'

type AnyMessage = ClientMessage | ServerMessage | WorkerMessage | CoordinatorMessage

const document = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')

interface Peer {
  readonly decodeCbor: (frame: Uint8Array) => AnyMessage
  readonly encodeCbor: (message: AnyMessage) => Uint8Array
  readonly decodeJson: (frame: string) => AnyMessage
  readonly encodeJson: (message: AnyMessage) => string
}

function noJson(): never {
  throw new Error('workers speak no JSON')
}

const PEERS: Readonly<Record<string, Peer>> = {
  client: {
    decodeCbor: (frame) => decodeClientMessage(frame, 'cbor'),
    encodeCbor: (message) => encodeClientMessage(message as ClientMessage, 'cbor') as Uint8Array,
    decodeJson: (frame) => decodeClientMessage(frame, 'json'),
    encodeJson: (message) => encodeClientMessage(message as ClientMessage, 'json') as string,
  },
  server: {
    decodeCbor: (frame) => decodeServerMessage(frame, 'cbor'),
    encodeCbor: (message) => encodeServerMessage(message as ServerMessage, 'cbor') as Uint8Array,
    decodeJson: (frame) => decodeServerMessage(frame, 'json'),
    encodeJson: (message) => encodeServerMessage(message as ServerMessage, 'json') as string,
  },
  worker: {
    decodeCbor: decodeWorkerMessage,
    encodeCbor: (message) => encodeWorkerMessage(message as WorkerMessage),
    decodeJson: noJson,
    encodeJson: noJson,
  },
  coordinator: {
    decodeCbor: decodeCoordinatorMessage,
    encodeCbor: (message) => encodeCoordinatorMessage(message as CoordinatorMessage),
    decodeJson: noJson,
    encodeJson: noJson,
  },
}

const examples = [...document.matchAll(/<!-- example: (\w+) -->\n(?:```json\n([\s\S]*?)\n```\n)?```hex\n([\s\S]*?)\n```/g)].map(
  ([, peer = '', json, digits = '']) => ({ peer, json, hex: digits.replaceAll(/#.*$/gm, '').replaceAll(/\s/g, '') }),
)

/** The message with the values of its blocks in place of the blocks: the same in both dialects. */
function withValues(message: AnyMessage): unknown {
  return Object.fromEntries(
    Object.entries(message).map(([name, field]: [string, unknown]) => [
      name,
      typeof field === 'object' && field !== null && 'codec' in field ? decodeItems(field as never) : field,
    ]),
  )
}

describe('docs/protocol.md', () => {
  it('has the tables that the code says', () => {
    expect(document === fillProtocolTables(document), 'a table differs: run npm run docs').toBe(true)
  })

  it('has an example of every message but the simplest', () => {
    expect(examples.length).toBe([...document.matchAll(/<!-- example/g)].length)
    expect(examples.length).toBeGreaterThanOrEqual(19)
  })

  it.each(examples)('$peer $hex is what the codec reads and writes', ({ peer, json, hex }) => {
    const codec = PEERS[peer]!
    const bytes = Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16))
    const message = codec.decodeCbor(bytes)
    expect(Buffer.from(codec.encodeCbor(message)).toString('hex')).toBe(hex)
    if (json === undefined) return
    expect(withValues(codec.decodeJson(json))).toStrictEqual(withValues(message))
    expect(codec.encodeJson(message)).toBe(json.replaceAll('\n ', ''))
  })

  it('has a session in which every line is a message', () => {
    const lines = [...document.matchAll(/^([<>]) (\{.*\})$/gm)]
    expect(lines.length).toBeGreaterThan(6)
    for (const [, sign, json = ''] of lines) {
      const peer = PEERS[sign === '>' ? 'client' : 'server']!
      expect(peer.encodeJson(peer.decodeJson(json))).toBe(json)
    }
  })

  it('names the limits of the code', () => {
    expect(document).toContain(`(8 MiB before \`welcome\`)`)
    expect(FRAME_BYTES_MAX).toBe(8 * 1024 * 1024)
    expect(document).toContain(ITEM_BYTES_MAX.toLocaleString('en'))
    expect(document).toContain(`"inputWindowBytes":${INPUT_WINDOW_BYTES}`)
  })
})

describe('fillProtocolTables', () => {
  it('wants every table in the document, and knows every mark', () => {
    expect(() => fillProtocolTables('')).toThrow('the mark <!-- table: client hello --> is missing')
    expect(() => fillProtocolTables(`${document}<!-- table: client dance -->\n<!-- end -->`)).toThrow('there is no table "client dance"')
  })

  it('replaces what stands between the marks', () => {
    const stale = document.replace('| `batch` |', '| `bunch` |')
    expect(stale).not.toBe(document)
    expect(fillProtocolTables(stale)).toBe(fillProtocolTables(document))
  })
})
