import { expect, test } from 'vitest'
import { readLimitedBody } from './limited-body.ts'

const post = (body: BodyInit | null) => new Request('http://localhost/', { method: 'POST', body, duplex: 'half' } as RequestInit)

/** A body without a length, cut in the middle of a character. */
function chunks(...parts: Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

test('a body up to the limit is read whole, characters cut by chunks included', async () => {
  expect(await readLimitedBody(post('12345'), 5)).toBe('12345')
  expect(await readLimitedBody(post(chunks(new Uint8Array([0xc3]), new Uint8Array([0xa4]))), 2)).toBe('ä')
  expect(await readLimitedBody(post(null), 0)).toBe('')
})

test('a larger one is refused, with and without a declared length', async () => {
  expect(await readLimitedBody(post('123456'), 5)).toBeNull()
  expect(await readLimitedBody(post(chunks(new Uint8Array(4), new Uint8Array(4))), 7)).toBeNull()
})

test('a body that is no text is an error', async () => {
  await expect(readLimitedBody(post(new Uint8Array([0xff])), 5)).rejects.toThrow(TypeError)
})
