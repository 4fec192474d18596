import type { ClientMessage } from '@forkpool/pool-core/protocol'
import type { Role } from '../access/role.ts'

/** What each message needs; a new kind of message does not compile until somebody has decided. */
export const MESSAGE_ROLES: Readonly<Record<ClientMessage['kind'], Role>> = {
  hello: 'read',
  credit: 'read',
  submit: 'submit',
  // It takes the batch over, besides looking at it.
  attach: 'submit',
  items: 'submit',
  end: 'submit',
  cancel: 'submit',
  leave: 'read',
}
