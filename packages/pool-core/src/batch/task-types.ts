/** What `connect` takes for the tasks when nobody says: any name, unknown arguments, unknown results. */
export type AnyTasks = Readonly<Record<string, (...args: never[]) => unknown>>

/** What a generator function returns, and an async one. */
type AnyGenerator = Generator<unknown, unknown, never> | AsyncGenerator<unknown, unknown, never>

/** Names of the functions that a task module exports; its other exports are no tasks, and its generators are called by `stream`. */
export type TaskName<Tasks> = string extends keyof Tasks
  ? string
  : {
      [Name in keyof Tasks]: Tasks[Name] extends (...args: never[]) => infer Result
        ? [Result] extends [AnyGenerator]
          ? AnyName<Result, Name>
          : Name
        : never
    }[keyof Tasks] &
      string

/** A function of type `any`, or one that never returns, is a task: nobody can say that it is a generator. */
type AnyName<Result, Name> = [Result] extends [never] ? Name : 0 extends 1 & Result ? Name : never

/** Names of the generators that a task module exports, and of functions that return anything iterable. */
export type StreamName<Tasks> = string extends keyof Tasks
  ? string
  : {
      [Name in keyof Tasks]: Tasks[Name] extends (...args: never[]) => Iterable<unknown> | AsyncIterable<unknown> ? Name : never
    }[keyof Tasks] &
      string

/** What a generator yields. */
export type StreamItem<Tasks, Name> = string extends keyof Tasks
  ? unknown
  : Name extends keyof Tasks
    ? Tasks[Name] extends (...args: never[]) => AsyncIterable<infer Item>
      ? Item
      : Tasks[Name] extends (...args: never[]) => Iterable<infer Item>
        ? Item
        : never
    : never

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
