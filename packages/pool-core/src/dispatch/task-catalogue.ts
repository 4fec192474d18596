import { ForkpoolError, nearestNames } from '../base/index.ts'
import type { TaskListing } from '../protocol/index.ts'

/** The task functions that the workers have. The first worker to come online tells them; all have the same modules. */
export class TaskCatalogue<Task extends { readonly name: string } = TaskListing> {
  #tasks: readonly Task[] = []
  #names: ReadonlySet<string> = new Set()
  #onLearned: (() => void) | undefined

  get tasks(): readonly Task[] {
    return this.#tasks
  }

  /** Calls `handler` each time that a worker has told its tasks. */
  onLearned(handler: () => void): void {
    this.#onLearned = handler
  }

  learn(tasks: readonly Task[]): void {
    this.#tasks = tasks
    this.#names = new Set(tasks.map((task) => task.name))
    this.#onLearned?.()
  }

  /** @throws ForkpoolError TASK_UNKNOWN with the nearest names. */
  demand(name: string): void {
    const refusal = this.refusal(name)
    if (refusal !== undefined) throw refusal
  }

  /** TASK_UNKNOWN with the nearest names; undefined for the name of a task. */
  refusal(name: string): ForkpoolError | undefined {
    if (this.#names.has(name)) return undefined
    const nearest = nearestNames(name, [...this.#names], 3)
    const hint = nearest.length > 0 ? `did you mean ${nearest.join(', ')}?` : `there are ${[...this.#names].join(', ')}`
    return new ForkpoolError('TASK_UNKNOWN', `no task is named "${name.slice(0, 100)}"; ${hint}`)
  }
}
