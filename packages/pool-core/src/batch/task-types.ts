/** What `connect` takes for the tasks when nobody says: any name, unknown arguments, unknown results. */
export type AnyTasks = Readonly<Record<string, (...args: never[]) => unknown>>

/** Names of the functions that a task module exports; its other exports are no tasks. */
export type TaskName<Tasks> = string extends keyof Tasks
  ? string
  : { [Name in keyof Tasks]: Tasks[Name] extends (...args: never[]) => unknown ? Name : never }[keyof Tasks] & string

/** The arguments of a task, as a tuple. */
export type TaskArguments<Tasks, Name> = string extends keyof Tasks
  ? readonly unknown[]
  : Name extends keyof Tasks
    ? Tasks[Name] extends (...args: infer Arguments) => unknown
      ? Readonly<Arguments>
      : never
    : never

/** The one argument of a task that can be called with one; `never` for a task that needs more. */
export type TaskItem<Tasks, Name> = string extends keyof Tasks
  ? unknown
  : Name extends keyof Tasks
    ? Tasks[Name] extends (item: never) => unknown
      ? TaskArguments<Tasks, Name> extends readonly []
        ? undefined
        : TaskArguments<Tasks, Name>[0]
      : never
    : never

/** What a task returns, awaited. */
export type TaskResult<Tasks, Name> = string extends keyof Tasks
  ? unknown
  : Name extends keyof Tasks
    ? Tasks[Name] extends (...args: never[]) => infer Result
      ? Awaited<Result>
      : never
    : never

/** Items of a batch: an array, or anything that yields them, of any length. */
export type Items<Item> = Iterable<Item> | AsyncIterable<Item>
