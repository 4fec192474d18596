import type { BatchSummary, ClientMessage, ServerMessage, TaskFailure } from '../client-messages.ts'
import {
  BLOCK_ITEMS_MAX,
  DEADLINE_MS_MAX,
  HAVE_MAX,
  NAME_LENGTH_MAX,
  PRIORITY_MAX,
  RETRIES_MAX,
  RETRY_NAMES_MAX,
  TEXT_LENGTH_MAX,
  TIMEOUT_MS_MAX,
} from '../limits.ts'
import { isAscendingBelow } from './ascending.ts'
import { itemBlock } from './block-type.ts'
import { ERROR } from './error-type.ts'
import { choice, duration, flag, integer, list, secret, text } from './field-type.ts'
import type { FieldType } from './field-type.ts'
import type { MessageTable } from './message-schema.ts'
import { optional, required, Struct } from './struct.ts'
import type { Field, FieldsOf } from './struct.ts'

const MAX = Number.MAX_SAFE_INTEGER
const name = text(1, NAME_LENGTH_MAX)
const note = text(1, TEXT_LENGTH_MAX)
const count = integer(0, MAX)

/** A batch by the client's own number for it. */
const batch: Field<number, false> = required(integer(1, MAX), "The client's number for the batch.")

/** What a client sends. */
export const CLIENT_MESSAGES: MessageTable<ClientMessage> = {
  hello: {
    sender: 'client',
    doc: 'The first message of a connection, once.',
    fields: {
      versions: required(list(1, 32, integer(0, 65_535)), 'Protocol versions that the client speaks.'),
      client: optional(note, 'Name and version of the client program, for people: `forkpool-client/0.1.0`.'),
      instance: optional(
        note,
        'A name that this client gives itself for all its connections, and no other client has. It has one connection at a time: the `hello` of a later one ends the earlier.',
      ),
      connection: optional(count, 'Its connections so far: what a later one has taken up, an earlier one cannot take back.'),
      token: optional(secret(1, TEXT_LENGTH_MAX), 'The token, where the upgrade had no `Authorization: Bearer` header.'),
    },
  },
  submit: {
    sender: 'client',
    doc: 'Opens a batch. A single call is one message: one item and `end`.',
    fields: {
      batch: required(integer(1, MAX), "The client's own number for the batch, higher than every one before it in the session."),
      task: required(name, 'Name of the task function, as `GET /api/v1/tasks` lists it.'),
      pool: optional(name, 'Name of the pool. Default: `size-N` where `poolSize` is given, else `default`.'),
      poolSize: optional(integer(1, MAX), "At most so many workers compute for the pool at once. Default: the coordinator's cores."),
      spread: optional(flag, 'Each item is a list of arguments (`starmap`) and not the one argument (`map`). Default false.'),
      total: optional(count, 'Number of items of the whole batch, where the client knows it.'),
      priority: optional(integer(-PRIORITY_MAX, PRIORITY_MAX), 'Higher runs sooner. Default 0.'),
      chunkSize: optional(integer(1, BLOCK_ITEMS_MAX), 'Items in a shard, instead of the measured sizing.'),
      retries: optional(integer(0, RETRIES_MAX), 'How often a failed task runs again. Default 0.'),
      backoffMs: optional(duration, 'Milliseconds before the first further run of a failed task, doubled each time. Default 0.'),
      jitter: optional(duration, 'The part of each such wait that chance may take off, 0 to 1. Default 0.'),
      retryOn: optional(list(1, RETRY_NAMES_MAX, name), 'Class names or codes of the errors that are worth another run. Default: all.'),
      timeoutMs: optional(
        integer(1, TIMEOUT_MS_MAX),
        'Longest run of one task, milliseconds, from the start of its run; then it fails with `TIMED_OUT`, or runs again. Default: no limit.',
      ),
      deadlineMs: optional(
        integer(1, DEADLINE_MS_MAX),
        'Milliseconds from acceptance after which what has not ended is stopped, and the batch given up with `TIMED_OUT`. Default: never.',
      ),
      failFast: optional(flag, 'The first failed task cancels the rest. Default false.'),
      resultWindowBytes: optional(
        integer(1, MAX),
        'Result bytes that may come before the first `credit`. Default: `limits.resultWindowBytes` of `welcome`.',
      ),
      terse: optional(flag, 'The client has no use for `accepted`: it is not sent. Default false.'),
      key: optional(name, 'A name for the batch: submitted again it is the same batch, does not run twice, and the answer is `attached`.'),
      detached: optional(flag, 'The batch runs to its end whatever becomes of the connection. Default false.'),
      items: optional(itemBlock(0), 'The first items; an empty block is the same as none.'),
      end: optional(flag, 'No further items follow. Default false.'),
    },
  },
  attach: {
    sender: 'client',
    doc: 'Takes up a batch that was submitted before, after a lost connection or a restart. The answer is `attached`, then the missing results.',
    fields: {
      batch: required(
        integer(1, MAX),
        "The client's number for it: with `session` the one under which it was submitted, else a new one, higher than every one before it.",
      ),
      session: optional(note, 'The session that submitted it. Either this or `id`.'),
      id: optional(note, "The batch's identifier, from `accepted`."),
      have: optional(
        list(0, HAVE_MAX, count),
        'Results that the client has: pairs of the index of the first and the index after the last, ascending. Default: none.',
      ),
      resultWindowBytes: optional(
        integer(1, MAX),
        'Result bytes that may come before the first `credit`. Default: `limits.resultWindowBytes` of `welcome`.',
      ),
    },
    rules: [
      { text: 'session or id, not both', holds: ({ session, id }) => (session === undefined) !== (id === undefined) },
      { text: 'have in ascending pairs', holds: ({ have }) => have === undefined || isPairs(have) },
    ],
  },
  items: {
    sender: 'client',
    doc: 'Further items of an open batch, within the input window.',
    fields: {
      batch,
      from: optional(
        count,
        'Index of the first of them in the batch; the connection ends with 1002 where they do not follow what came before.',
      ),
      items: required(itemBlock(1), 'The next items, in order.'),
      end: optional(flag, 'No further items follow. Default false.'),
    },
  },
  end: { sender: 'client', doc: 'No further items follow; the same as `end` on the last `items`.', fields: { batch } },
  cancel: {
    sender: 'client',
    doc: 'Drops what is queued of a batch and stops what runs. The batch still ends with a summary.',
    fields: { batch },
  },
  leave: {
    sender: 'client',
    doc: 'Reads no further: nothing more is told of the batch, which goes on as after a broken connection.',
    fields: { batch },
  },
  credit: {
    sender: 'client',
    doc: 'The client has used up results: so many bytes more may come.',
    fields: { batch, bytes: required(integer(1, MAX), 'Bytes of results, as they were counted.') },
  },
}

const summaryFields: FieldsOf<BatchSummary> = {
  outcome: required(
    choice('completed', 'failed', 'cancelled'),
    '`cancelled` if the batch was cancelled, else `failed` if any task failed, else `completed`.',
  ),
  completed: required(count, 'Tasks that gave a result.'),
  failed: required(count, 'Tasks that failed for good.'),
  cancelled: required(count, 'Tasks that never ran to their end.'),
  wallMs: required(duration, 'From acceptance to the last result, milliseconds.'),
  runMs: required(duration, 'Sum of the time that workers ran its tasks, milliseconds.'),
  workers: required(count, 'Different workers that ran at least one of its tasks.'),
}

/** How a batch ended. */
const SUMMARY: Struct<BatchSummary> = new Struct<BatchSummary>('a summary', summaryFields)

/** A failed task. */
const FAILURE: Struct<TaskFailure> = new Struct<TaskFailure>('a failure', {
  at: required(integer(0, BLOCK_ITEMS_MAX - 1), "Position within the message: the task's index is `from + at`."),
  error: required(ERROR, 'What the last attempt threw.'),
  attempts: required(integer(1, MAX), 'How often the task ran.'),
})

/** What a client may rely on. */
const LIMITS: Struct<WelcomeLimits> = new Struct<WelcomeLimits>('limits', {
  frameBytes: required(integer(1, MAX), 'Largest frame accepted, bytes; a larger one closes the connection with 1009.'),
  inputWindowBytes: required(integer(1, MAX), 'Item bytes that may be on the way for one batch before the first `credit`.'),
  resultWindowBytes: required(integer(1, MAX), 'Result bytes sent for one batch before the first `credit` is needed.'),
  poolSizeMax: required(integer(1, MAX), 'Largest pool.'),
  batchesOpenMax: required(integer(1, MAX), 'Batches open at once in one session.'),
})
type WelcomeLimits = Extract<ServerMessage, { readonly kind: 'welcome' }>['limits']

const failures: FieldType<readonly TaskFailure[]> = list(0, BLOCK_ITEMS_MAX, FAILURE)

/** What a coordinator sends to a client. */
export const SERVER_MESSAGES: MessageTable<ServerMessage> = {
  welcome: {
    sender: 'coordinator',
    doc: 'The answer to `hello`.',
    fields: {
      version: required(integer(0, 65_535), 'The highest version that both speak: the one of this connection.'),
      session: required(note, "The session's identifier, for logs."),
      server: required(note, 'Name and version of the coordinator program: `forkpool/0.1.0`.'),
      cores: required(integer(1, MAX), "The coordinator's processor cores: the default size of a pool."),
      limits: required(LIMITS, 'What this coordinator accepts.'),
    },
  },
  accepted: {
    sender: 'coordinator',
    doc: 'The batch is recorded. The items of one that is `detached`, or has a `key`, are too; those of another when `credit` says so: until then its client has them, in case the coordinator is killed.',
    fields: {
      batch,
      id: required(note, "The batch's identifier everywhere else: HTTP, logs, the command line."),
      pool: required(name, 'Name of the pool it runs in.'),
      poolSize: required(integer(1, MAX), 'Size of that pool.'),
    },
  },
  attached: {
    sender: 'coordinator',
    doc: 'The batch was known: it belongs to this connection now, and what the client lacks of its results follows.',
    fields: {
      batch,
      id: required(note, "The batch's identifier."),
      task: required(name, 'Name of its task function.'),
      pool: required(name, 'Name of the pool it runs in.'),
      poolSize: required(integer(1, MAX), 'Size of that pool.'),
      received: required(count, 'Items of the batch that are recorded: the next to send is the one with this index.'),
      roomBytes: required(count, 'Item bytes that may be sent before the first `credit`.'),
      inputEnded: required(flag, 'No further items are expected.'),
    },
  },
  results: {
    sender: 'coordinator',
    doc: 'Results of the tasks `from` to `from + count - 1`, within the result window.',
    fields: {
      batch,
      from: required(count, 'Index of the first task of the message in its batch.'),
      count: required(integer(0, BLOCK_ITEMS_MAX), 'Tasks of the message.'),
      values: required(itemBlock(0), 'Results of the tasks that succeeded, in order.'),
      failures: optional(failures, 'The tasks that failed, in order.'),
      done: optional(SUMMARY, 'Present on the last message of a batch, instead of `done`.'),
    },
    rules: [
      {
        text: 'values.count + failures.length = count',
        holds: (message) => message.values.count + (message.failures?.length ?? 0) === message.count,
      },
      {
        text: 'failures in ascending order of at, each below count',
        holds: (message) => isAscendingBelow(message.failures ?? [], message.count),
      },
    ],
  },
  done: {
    sender: 'coordinator',
    doc: 'The batch is over; nothing more comes for it.',
    fields: { batch, ...summaryFields },
  },
  credit: {
    sender: 'coordinator',
    doc: 'The coordinator has used up items: so many bytes more may come.',
    fields: { batch, bytes: required(integer(1, MAX), 'Bytes of items, as they were counted.') },
  },
  refused: {
    sender: 'coordinator',
    doc: 'A batch was refused, and nothing of it has run; or, after `accepted`, it was given up, and nothing more of it will come. Without `batch`: the last message, or the connection.',
    fields: { batch: optional(integer(1, MAX), "The client's number for the batch."), error: required(ERROR, 'Why, with a code.') },
  },
  goodbye: {
    sender: 'coordinator',
    doc: 'The coordinator drains: open batches go on, new ones are refused.',
    fields: { reason: required(text(0, TEXT_LENGTH_MAX), 'Why, for people.') },
  },
}

/** Whether it is pairs of a first and a behind-the-last index, each pair behind the one before. */
function isPairs(have: readonly number[]): boolean {
  if (have.length % 2 !== 0) return false
  for (let i = 1; i < have.length; i++) if ((have[i] as number) <= (have[i - 1] as number)) return false
  return true
}
