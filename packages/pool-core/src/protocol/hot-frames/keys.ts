import { beginWriter } from '../cbor/cbor-writer.ts'

/** Head of a map; the number of its entries is added. */
export const MAP = 0xa0
export const TRUE = 0xf5
export const FALSE = 0xf4
export const FLOAT64 = 0xfb

/** More than any of them has. */
const TEXTS_BYTES_GUESS = 64

/** Keys and values as they stand one behind the other. */
function words(...texts: readonly string[]): Uint8Array {
  const writer = beginWriter(TEXTS_BYTES_GUESS, TEXTS_BYTES_GUESS)
  for (const text of texts) writer.text(text)
  return writer.finish()
}

type KeyName =
  | 'submit'
  | 'task'
  | 'poolSize'
  | 'total'
  | 'terse'
  | 'items'
  | 'end'
  | 'results'
  | 'from'
  | 'count'
  | 'values'
  | 'done'
  | 'run'
  | 'ran'
  | 'spread'
  | 'attempt'
  | 'reply'
  | 'yieldAfterMs'
  | 'runMs'
  | 'decodeMs'
  | 'encodeMs'
  | 'codecF64'
  | 'codecCbor'
  | 'bytes'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'wallMs'
  | 'workers'

/** Keys, and values that are always the same, in CBOR. */
export const KEY: Readonly<Record<KeyName, Uint8Array>> = {
  submit: words('kind', 'submit', 'batch'),
  task: words('task'),
  poolSize: words('poolSize'),
  total: words('total'),
  terse: words('terse'),
  items: words('items'),
  end: words('end'),
  results: words('kind', 'results', 'batch'),
  from: words('from'),
  count: words('count'),
  values: words('values'),
  done: words('done'),
  run: words('kind', 'run', 'shard'),
  ran: words('kind', 'ran', 'shard'),
  spread: words('spread'),
  attempt: words('attempt'),
  reply: words('reply', 'auto'),
  yieldAfterMs: words('yieldAfterMs'),
  runMs: words('runMs'),
  decodeMs: words('decodeMs'),
  encodeMs: words('encodeMs'),
  codecF64: words('codec', 'f64', 'bytes'),
  codecCbor: words('codec', 'cbor', 'offsets'),
  bytes: words('bytes'),
  completed: words('outcome', 'completed', 'completed'),
  failed: words('failed'),
  cancelled: words('cancelled'),
  wallMs: words('wallMs'),
  workers: words('workers'),
}

/** Head of an offset list of one item: tag 70 (RFC 8746) on a byte string of eight bytes, the first four of them zero. */
export const ONE_OFFSET: Uint8Array = Uint8Array.of(0xd8, 0x46, 0x48, 0, 0, 0, 0)
