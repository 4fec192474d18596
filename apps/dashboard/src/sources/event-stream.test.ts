import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeEvent, EventStreamParser } from './event-stream.ts'

test('events are complete at their empty line; comments and unknown fields are skipped', () => {
  const parser = new EventStreamParser()
  expect(parser.feed(': hello\nretry: 5\nevent: snapshot\ndata: {"a"')).toEqual([])
  expect(parser.feed(':1}\n\n\ndata: x\r\ndata:y\r\n\r\n')).toEqual([
    { event: 'snapshot', data: '{"a":1}' },
    { event: 'message', data: 'x\ny' },
  ])
})

test('an event without data is no event, and its name does not stick to the next one', () => {
  const parser = new EventStreamParser()
  expect(parser.feed('event: a\n\ndata: 1\n\n')).toEqual([{ event: 'message', data: '1' }])
})

test('what is encoded is read back, cut anywhere', () => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/)
  const data = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\r', ' '))
  const event = fc.record({ event: name, data })
  fc.assert(
    fc.property(fc.array(event), fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (events, steps) => {
      const wire = events.map(encodeEvent).join('')
      const parser = new EventStreamParser()
      const read = []
      for (let at = 0; at < wire.length;) {
        const step = steps.next().value as number
        read.push(...parser.feed(wire.slice(at, at + step)))
        at += step
      }
      expect(read).toEqual(events)
    }),
  )
})

test('an endless event is refused, not kept', () => {
  const parser = new EventStreamParser()
  expect(() => {
    for (let i = 0; i < 50; i++) parser.feed(`data: ${'x'.repeat(100_000)}\n`)
  }).toThrow(RangeError)
})
