import { BLOCK_ITEMS_MAX, NAME_LENGTH_MAX, TEXT_LENGTH_MAX } from '../limits.ts'
import type { CoordinatorMessage, ShardFailure, TaskListing, WorkerMessage } from '../worker-messages.ts'
import { isAscendingBelow } from './ascending.ts'
import { itemBlock } from './block-type.ts'
import { ERROR } from './error-type.ts'
import { choice, duration, flag, integer, list, text } from './field-type.ts'
import type { MessageTable } from './message-schema.ts'
import { optional, required, Struct } from './struct.ts'
import type { Field } from './struct.ts'

const MAX = Number.MAX_SAFE_INTEGER
const name = text(1, NAME_LENGTH_MAX)

/** Most task functions of one worker, and most parameters of one: far above what a module has. */
const TASKS_MAX = 10_000
const PARAMETERS_MAX = 255

const shard: Field<number, false> = required(integer(0, MAX), "The coordinator's number for the shard, never used twice.")

/** A task function as a worker found it. */
const LISTING: Struct<TaskListing> = new Struct<TaskListing>('a task function', {
  name: required(name, "The name that clients use: the export's name, with the module's prefix where two modules export the same."),
  module: required(text(1, TEXT_LENGTH_MAX), "The module's file name without its folders, or `built-in`."),
  parameters: required(list(0, PARAMETERS_MAX, text(0, TEXT_LENGTH_MAX)), "Declared parameters, from the function's source."),
  description: optional(text(0, TEXT_LENGTH_MAX), 'First line of the `description` property of the function.'),
})

/** A task of a shard that threw. */
const SHARD_FAILURE: Struct<ShardFailure> = new Struct<ShardFailure>('a failure of a shard', {
  at: required(integer(0, BLOCK_ITEMS_MAX - 1), "Counts from the shard's first item."),
  error: required(ERROR, 'What was thrown.'),
  retryable: required(flag, 'False where another run cannot help: an unknown task, a value that cannot be encoded.'),
})

/** What a worker sends. */
export const WORKER_MESSAGES: MessageTable<WorkerMessage> = {
  ready: {
    sender: 'worker',
    doc: 'The first message: the task modules are loaded.',
    fields: {
      pid: required(integer(1, MAX), "The worker's process identifier."),
      tasks: required(list(0, TASKS_MAX, LISTING), 'Its task functions.'),
    },
  },
  broken: {
    sender: 'worker',
    doc: 'The first and last message instead: a task module cannot be used, and the worker exits.',
    fields: { error: required(ERROR, 'Why, with the code `TASK_MODULE`.') },
  },
  ran: {
    sender: 'worker',
    doc: 'The answer to `run`: the first `count` tasks of the shard have run, the rest of it has not and will not.',
    fields: {
      shard,
      count: required(integer(0, BLOCK_ITEMS_MAX), 'Tasks that ran.'),
      values: required(itemBlock(0), 'Results of those that succeeded, in order.'),
      failures: optional(list(0, BLOCK_ITEMS_MAX, SHARD_FAILURE), 'Those that threw, in order.'),
      runMs: required(duration, 'Time in the task function, milliseconds.'),
      decodeMs: required(duration, 'Time to decode the items, milliseconds.'),
      encodeMs: required(duration, 'Time to encode the results, milliseconds.'),
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
}

/** What a coordinator sends to a worker. */
export const COORDINATOR_MESSAGES: MessageTable<CoordinatorMessage> = {
  run: {
    sender: 'coordinator',
    doc: 'Run these tasks, in order. A worker may hold several shards; it runs them one after the other.',
    fields: {
      shard,
      task: required(name, 'Name of the task function.'),
      from: required(integer(0, MAX), 'Index of the first item in its batch.'),
      spread: required(flag, 'Each item is a list of arguments and not the one argument.'),
      attempt: required(integer(1, MAX), '1 for the first run.'),
      reply: required(choice('auto', 'json'), 'Codec of the results: `auto` is `f64` when every result is a number, else `cbor`.'),
      yieldAfterMs: optional(
        duration,
        'After so many milliseconds the worker answers with what is done and leaves the rest. Default: never.',
      ),
      items: required(itemBlock(1), 'The items.'),
    },
  },
  abort: { sender: 'coordinator', doc: 'Leave this shard; `ran` says what is done of it.', fields: { shard } },
  stop: { sender: 'coordinator', doc: 'Finish what runs, then exit.', fields: {} },
}
