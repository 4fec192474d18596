import type { ForkpoolError } from '@forkpool/pool-core/base'
import type {
  AcceptedMessage,
  AttachedMessage,
  BatchSummary,
  ClientMessage,
  ItemBlock,
  ResultsMessage,
  ServerMessage,
  SubmitMessage,
  WelcomeMessage,
} from '@forkpool/pool-core/protocol'

/** What happens to a session. */
export type SessionEvent =
  /** The socket is open. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'received'; readonly message: ServerMessage }
  /** The socket is gone, or never opened. */
  | { readonly kind: 'lost'; readonly error: ForkpoolError }
  /** The runtime will not try again after a `reconnect`. */
  | { readonly kind: 'given-up'; readonly error: ForkpoolError }
  /** A new batch, under a number from `takeBatchNumber`. */
  | { readonly kind: 'submit'; readonly message: SubmitMessage }
  /** A batch that was submitted elsewhere, by its identifier, under a number from `takeBatchNumber`. */
  | { readonly kind: 'attach'; readonly batch: number; readonly id: string }
  /** Further items, within the bytes of the last `room`. */
  | { readonly kind: 'items'; readonly batch: number; readonly items: ItemBlock; readonly end: boolean }
  | { readonly kind: 'end'; readonly batch: number }
  /** The caller wants no more of this batch. */
  | { readonly kind: 'cancel'; readonly batch: number }
  /** The caller reads no more of this batch, and nobody is told further; it goes on. */
  | { readonly kind: 'leave'; readonly batch: number }
  /** Results of so many bytes (`resultBytes`) have been read by the caller. */
  | { readonly kind: 'consumed'; readonly batch: number; readonly bytes: number }
  /** The caller wants no more at all. */
  | { readonly kind: 'close'; readonly error: ForkpoolError }

/** What the runtime has to do, in this order. */
export type SessionCommand =
  | { readonly kind: 'send'; readonly message: ClientMessage }
  /** The coordinator has answered: batches may run. */
  | { readonly kind: 'ready'; readonly welcome: WelcomeMessage }
  | { readonly kind: 'accepted'; readonly batch: number; readonly message: AcceptedMessage }
  /** A batch from elsewhere was found, again after each lost connection; or one whose key was known, before `accepted`. */
  | { readonly kind: 'attached'; readonly batch: number; readonly message: AttachedMessage }
  /** So many bytes of items may be sent for the batch now. */
  | { readonly kind: 'room'; readonly batch: number; readonly bytes: number }
  | { readonly kind: 'results'; readonly batch: number; readonly message: ResultsMessage }
  /** The batch is over; nothing more comes for it. */
  | { readonly kind: 'ended'; readonly batch: number; readonly summary: BatchSummary }
  /** The batch is over without an end of its own; nothing more comes for it. */
  | { readonly kind: 'failed'; readonly batch: number; readonly error: ForkpoolError }
  /** Close the socket; `lost` follows. */
  | { readonly kind: 'disconnect'; readonly code: number; readonly reason: string }
  /** Open a socket, now or later: `opened`, `lost` or `given-up` follows. `error` says why there is none. */
  | { readonly kind: 'reconnect'; readonly error: ForkpoolError }
  | { readonly kind: 'goodbye'; readonly reason: string }
