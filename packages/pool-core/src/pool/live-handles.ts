import { loadProgram } from '../package-files.ts'
import { setHandleReviver } from '../protocol/index.ts'
import { SYNC_DOOR } from './entry/entry-urls.ts'

type SyncDoor = { readonly attachOnce: (handle: never) => unknown }

/**
 * From now on locks, queues and other primitives that come as arguments or results arrive alive. Their room is loaded when the first one comes, and not
 * before: most workers never see one.
 */
export function reviveHandles(): void {
  let door: SyncDoor | undefined
  setHandleReviver((handle) => {
    door ??= loadProgram(SYNC_DOOR) as SyncDoor
    return door.attachOnce(handle as never)
  })
}
