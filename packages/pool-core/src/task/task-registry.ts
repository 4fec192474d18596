import { ForkpoolError, nearestNames } from '../base/index.ts'
import { NAME_LENGTH_MAX } from '../protocol/index.ts'
import type { TaskListing } from '../protocol/index.ts'
import { parameterNames } from './parameter-names.ts'

/** A task function as its module exports it. */
export type TaskFunction = (...args: unknown[]) => unknown

/** The functions that one module offers, under the names by which it exports them. */
export interface TaskModule {
  /** Where it came from, for messages: a path, or `built-in`. */
  readonly origin: string
  /** What people see in a listing: the file name, or `built-in`. */
  readonly label: string
  /** What goes before a name that another module exports too: the file name without its extension. */
  readonly prefix: string
  /** A module that comes with Forkpool gives way: where names conflict only its own task takes the prefix. */
  readonly builtIn: boolean
  readonly functions: ReadonlyMap<string, TaskFunction>
}

/**
 * The tasks of one worker by the names that clients use. A name that two modules export belongs to neither: both tasks take their
 * module's prefix (`images.resize`, `photos.resize`). A built-in task yields its plain name to a user's task of that name and stays
 * reachable as `built-in.square`, so that a program typed by its own module gets its own function.
 */
export class TaskRegistry {
  readonly #tasks = new Map<string, TaskFunction>()
  /** Of each task, what people see in a listing as its module. */
  readonly #labels = new Map<string, string>()

  /** Errors: `TASK_MODULE` when two tasks still have one name with their prefixes. */
  constructor(modules: readonly TaskModule[]) {
    const claims = countClaims(modules)
    const origins = new Map<string, string>()
    for (const module of modules) {
      for (const [exported, run] of module.functions) {
        const claim = claims.get(exported)
        const alone = module.builtIn ? claim?.all === 1 : claim?.users === 1
        const name = alone ? exported : `${module.prefix}.${exported}`
        if (name.length > NAME_LENGTH_MAX) throw tooLong(name, module.origin)
        const other = origins.get(name)
        if (other !== undefined) throw clash(name, other, module.origin)
        origins.set(name, module.origin)
        this.#tasks.set(name, run)
        this.#labels.set(name, module.label)
      }
    }
  }

  get(name: string): TaskFunction | undefined {
    return this.#tasks.get(name)
  }

  names(): readonly string[] {
    return [...this.#tasks.keys()]
  }

  /** All tasks, by name, as people see them: to read their parameters takes 3 ms at first. */
  list(): readonly TaskListing[] {
    const listing = [...this.#tasks].map(([name, run]) => listTask(name, this.#labels.get(name) as string, run))
    return listing.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The error for a name that no task has, with the names nearest to it. */
  unknown(name: string): ForkpoolError {
    const near = nearestNames(name, this.#tasks.keys(), 3)
    const hint = near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`
    return new ForkpoolError('TASK_UNKNOWN', `no task is named "${name.slice(0, 200)}"${hint}`)
  }
}

function countClaims(modules: readonly TaskModule[]): Map<string, { all: number; users: number }> {
  const claims = new Map<string, { all: number; users: number }>()
  for (const module of modules) {
    for (const exported of module.functions.keys()) {
      const claim = claims.get(exported) ?? { all: 0, users: 0 }
      claims.set(exported, { all: claim.all + 1, users: claim.users + (module.builtIn ? 0 : 1) })
    }
  }
  return claims
}

function clash(name: string, first: string, second: string): ForkpoolError {
  return new ForkpoolError(
    'TASK_MODULE',
    `two task modules both offer "${name}": ${first} and ${second}; rename one of the files, or one of the functions`,
  )
}

function tooLong(name: string, origin: string): ForkpoolError {
  return new ForkpoolError(
    'TASK_MODULE',
    `the name of a task is longer than ${NAME_LENGTH_MAX} characters: ${name.slice(0, 40)}… of ${origin}`,
  )
}

/** Longest description and parameter shown, and most parameters: a listing is for people. */
const SHOWN_LENGTH_MAX = 200
const SHOWN_PARAMETERS_MAX = 20

function shorten(text: string): string {
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX - 1)}…`
}

function listTask(name: string, module: string, run: TaskFunction): TaskListing {
  const names = parameterNames(Function.prototype.toString.call(run)).slice(0, SHOWN_PARAMETERS_MAX).map(shorten)
  // A function's `length` counts the parameters before the first that has a default.
  const parameters = names.map((name, i) => (i < run.length || name.startsWith('...') ? name : `${name}?`))
  const listing = { name, module, parameters }
  const { description } = run as { readonly description?: unknown }
  const line = typeof description === 'string' ? (description.trim().split('\n', 1)[0] as string).trim() : ''
  return line === '' ? listing : { ...listing, description: shorten(line) }
}
