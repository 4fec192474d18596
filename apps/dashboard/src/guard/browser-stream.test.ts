import { expect, test } from 'vitest'
import type { LiveListener } from '../sources/live.ts'
import { browserStream } from './browser-stream.ts'

function feed() {
  let listener: LiveListener | null = null
  const left = new AbortController()
  const body = browserStream((next) => {
    listener = next
    return () => {
      listener = null
    }
  }, left.signal)
  const reader = body.getReader()
  return {
    reader,
    left,
    send: (event: string, data: string) => listener?.onEvent({ event, data }),
    close: () => listener?.onClose(),
    isHeard: () => listener !== null,
  }
}

test('a slow browser gets the newest of each name, not all that it missed', async () => {
  const { reader, send, left } = feed()
  send('upstream', 'u')
  for (let i = 1; i <= 1000; i++) send('snapshot', `${i}`)
  const decoder = new TextDecoder()
  let text = ''
  while (!text.includes('data: 1000\n')) text += decoder.decode((await reader.read()).value)
  expect(text.startsWith('retry: 1000\n\nevent: upstream\ndata: u\n\nevent: snapshot\ndata: 1\n\n')).toBe(true)
  expect(text.match(/event: snapshot/g)!.length).toBeLessThan(20)
  left.abort()
})

test('a browser that leaves is unsubscribed; a feed that closes ends its stream', async () => {
  const gone = feed()
  await gone.reader.cancel()
  expect(gone.isHeard()).toBe(false)

  const closed = feed()
  closed.close()
  expect(closed.isHeard()).toBe(false)
  while (!(await closed.reader.read()).done);

  const aborted = feed()
  aborted.left.abort()
  expect(aborted.isHeard()).toBe(false)
  while (!(await aborted.reader.read()).done);
})
