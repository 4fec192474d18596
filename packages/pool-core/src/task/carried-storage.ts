import type { AsyncLocalStorage } from 'node:async_hooks'
import { ForkpoolError } from '../base/index.ts'

/** What can be asked for its store: an `AsyncLocalStorage`, or what is like one. */
export interface StoreSource {
  getStore(): unknown
}

/**
 * An `AsyncLocalStorage` whose store goes along with calls of a pool: what it holds where a task is called, it holds in the task, as a copy by
 * structured clone. To be made in a module that program and tasks both import: `export const request = carriedStorage<Request>('request')`. The same name
 * gives the same storage.
 */
export function carriedStorage<Store>(name: string): AsyncLocalStorage<Store> {
  const known = storages().get(name)
  if (known !== undefined) return known as AsyncLocalStorage<Store>
  const storage = new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)<Store>()
  storages().set(name, storage as AsyncLocalStorage<unknown>)
  return storage
}

/**
 * What carried storages and `others` hold here, as bytes; undefined where they hold nothing.
 * @throws ForkpoolError NOT_SERIALISABLE that names the storage whose store cannot be copied.
 */
export function carriedStores(others: Readonly<Record<string, StoreSource>> | undefined): Uint8Array | undefined {
  if (others === undefined && storages().size === 0) return undefined
  const stores: Record<string, unknown> = {}
  let isEmpty = true
  for (const [name, source] of [...storages(), ...Object.entries(others ?? {})]) {
    const store = source.getStore()
    if (store === undefined) continue
    stores[name] = store
    isEmpty = false
  }
  return isEmpty ? undefined : toBytes(stores)
}

/** The stores in the bytes, by name. */
export function readStores(bytes: Uint8Array): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(process.getBuiltinModule('node:v8').deserialize(bytes) as Record<string, unknown>))
}

/** Runs `run`, and all that it starts, with these stores in the carried storages of their names. */
export function withStores<Result>(stores: ReadonlyMap<string, unknown> | undefined, run: () => Result): Result {
  if (stores === undefined) return run()
  let inner = run
  for (const [name, store] of stores) {
    const storage = storages().get(name)
    const next = inner
    if (storage !== undefined) inner = () => storage.run(store, next)
  }
  return inner()
}

function toBytes(stores: Readonly<Record<string, unknown>>): Uint8Array {
  try {
    return process.getBuiltinModule('node:v8').serialize(stores)
  } catch {
    for (const [name, store] of Object.entries(stores)) checkCloneable(name, store)
    throw new ForkpoolError('NOT_SERIALISABLE', 'the stores that go along with a call cannot be copied')
  }
}

function checkCloneable(name: string, store: unknown): void {
  try {
    process.getBuiltinModule('node:v8').serialize(store)
  } catch (error) {
    const why = (error as Error).message
    throw new ForkpoolError('NOT_SERIALISABLE', `the store "${name}" cannot go along with a call: ${why}`, { cause: error })
  }
}

/** One list for the whole process: program and tasks may find different copies of this package. */
const STORAGES = Symbol.for('forkpool.carried-storages')

function storages(): Map<string, AsyncLocalStorage<unknown>> {
  const shared = globalThis as { [STORAGES]?: Map<string, AsyncLocalStorage<unknown>> | undefined }
  return (shared[STORAGES] ??= new Map<string, AsyncLocalStorage<unknown>>())
}
