import { SUBPROTOCOL_CBOR, SUBPROTOCOL_JSON } from './version.ts'

/** How the messages of a connection are written: `cbor` in binary frames, `json` in text frames. */
export type Dialect = 'cbor' | 'json'

/** The dialect that a WebSocket subprotocol stands for; `undefined` for any other. */
export function dialectOf(subprotocol: string): Dialect | undefined {
  if (subprotocol === SUBPROTOCOL_CBOR) return 'cbor'
  if (subprotocol === SUBPROTOCOL_JSON) return 'json'
  return undefined
}
