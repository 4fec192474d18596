/**
 * The version that this code speaks. Any change of a message or of the item encodings gets a new number and a line here;
 * `version.test.ts` holds a hash of all messages and fails when they change without one.
 *
 * History
 * - 1: the first one.
 * - 2: `attach`, `attached` and `leave`; `submit` may be `terse` and `detached`, and has `key`, `jitter`, `retryOn`, `timeoutMs` and `deadlineMs`;
 *   `hello` may name `instance` and `connection`; `items` may say `from`. A coordinator of version 1 passes over them.
 */
export const PROTOCOL_VERSION = 2

/** The oldest version that this code still speaks. */
export const PROTOCOL_VERSION_MIN = 1

/** WebSocket subprotocol (RFC 6455 §1.9) of CBOR messages in binary frames. */
export const SUBPROTOCOL_CBOR = 'forkpool.v1.cbor'

/** WebSocket subprotocol of JSON messages in text frames. */
export const SUBPROTOCOL_JSON = 'forkpool.v1.json'

/** The highest version that both sides speak; `undefined` when there is none. */
export function chooseVersion(offered: readonly number[]): number | undefined {
  let chosen: number | undefined
  for (const version of offered) {
    if (version < PROTOCOL_VERSION_MIN || version > PROTOCOL_VERSION) continue
    if (chosen === undefined || version > chosen) chosen = version
  }
  return chosen
}
