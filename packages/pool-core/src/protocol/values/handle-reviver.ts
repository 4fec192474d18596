/** Makes the primitive of a handle. */
export type HandleReviver = (handle: Readonly<Record<string, unknown>>) => unknown

let revive: HandleReviver | undefined

/** From now on locks, queues and other primitives arrive alive, made by `reviver`; before, or where nobody has, as their handles. */
export function setHandleReviver(reviver: HandleReviver): void {
  revive = reviver
}

export function reviveHandle(handle: Readonly<Record<string, unknown>>): unknown {
  return revive === undefined ? handle : revive(handle)
}
