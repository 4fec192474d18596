/**
 * The wire: messages, frames, item blocks and errors as they travel. Runs in Node and in browsers. The specification for strangers
 * is docs/protocol.md. Source: the manner of Faktory's protocol specification.
 */
export type * from './api.ts'
export type * from './client-messages.ts'
export type * from './worker-messages.ts'
export { Attachments, checkMovable, movedOf, takeOver } from './attachments.ts'
export { dialectOf } from './dialect.ts'
export type { Dialect } from './dialect.ts'
export {
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeClientParts,
  encodeServerMessage,
  encodeServerParts,
} from './client-frame.ts'
export { blockBytes, resultBytes, sliceBlock } from './item-block.ts'
export type { ItemBlock, ItemCodec } from './item-block.ts'
export { ItemBlockBuilder } from './item-block-builder.ts'
export { decodeItems, decodeItemsInto } from './item-decoding.ts'
export { copyDoubles } from './number-bytes.ts'
export { encodeItems } from './item-encoding.ts'
export { encodeItemsJson } from './values/encode-values.ts'
export { concatBlocks, selectItems, transcodeToJson } from './item-regrouping.ts'
export * from './limits.ts'
export { parseResultLine, resultLines } from './result-line.ts'
export type { ResultLine } from './result-line.ts'
export { fillProtocolTables } from './schema/protocol-tables.ts'
export { setHandleReviver } from './values/handle-reviver.ts'
export type { HandleReviver } from './values/handle-reviver.ts'
export { smallWebSocketFrame, writeWebSocketParts } from './web-socket-frame.ts'
export { chooseVersion, PROTOCOL_VERSION, PROTOCOL_VERSION_MIN, SUBPROTOCOL_CBOR, SUBPROTOCOL_JSON } from './version.ts'
export { fromWireError, toWireError, wireErrorBytes } from './wire-error.ts'
export type { WireError } from './wire-error.ts'
export {
  decodeCoordinatorMessage,
  decodeWorkerMessage,
  encodeCoordinatorMessage,
  encodeCoordinatorParts,
  encodeWorkerMessage,
} from './worker-frame.ts'
export type { FrameParts } from './worker-frame.ts'
