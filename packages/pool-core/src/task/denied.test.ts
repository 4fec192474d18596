import { expect, test } from 'vitest'
import { deniedByNode } from './denied.ts'

function thrownByNode(code: string, permission?: string, resource?: string): Error {
  return Object.assign(new Error('Access to this API has been restricted.'), { code, permission, resource })
}

test.each([
  [thrownByNode('ERR_ACCESS_DENIED', 'FileSystemRead', '/etc/passwd'), 'this worker may not read /etc/passwd: it runs'],
  [thrownByNode('ERR_ACCESS_DENIED', 'FileSystemWrite', '/x'), 'this worker may not write /x: it runs'],
  [thrownByNode('ERR_ACCESS_DENIED', 'ChildProcess', '/bin/sh'), 'this worker may not start /bin/sh: it runs'],
  [thrownByNode('ERR_ACCESS_DENIED', 'WorkerThreads', ''), 'this worker may not start threads: it runs'],
  [thrownByNode('ERR_ACCESS_DENIED', 'Something'), 'this worker may not use what Node calls Something: it runs'],
  [thrownByNode('ERR_DLOPEN_DISABLED'), 'this worker may not load native addons: it runs'],
])('%# is told in words', (thrown, message) => {
  const error = deniedByNode(thrown)
  expect(error).toMatchObject({ code: 'NOT_ALLOWED', cause: thrown })
  expect(error?.message).toContain(message)
})

test.each([[new Error('x')], [thrownByNode('ENOENT')], ['ERR_ACCESS_DENIED'], [{ code: 'ERR_ACCESS_DENIED' }], [undefined]])(
  '%# is something else',
  (thrown) => expect(deniedByNode(thrown)).toBeUndefined(),
)
