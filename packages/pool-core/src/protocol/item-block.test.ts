import { describe, expect, it } from 'vitest'
import { InvariantError } from '../base/assert.ts'
import { blockBytes, resultBytes, sliceBlock } from './item-block.ts'
import { decodeItems, decodeItemsInto } from './item-decoding.ts'
import { encodeItems } from './item-encoding.ts'
import { encodeItemsJson } from './values/encode-values.ts'
import { concatBlocks, selectItems, transcodeToJson } from './item-regrouping.ts'

describe('sliceBlock', () => {
  it('shares bytes and offsets with the block', () => {
    const block = encodeItems(['a', 'bc', 'def', 'ghij'])
    const slice = sliceBlock(block, 1, 2)
    expect(slice.bytes.buffer).toBe(block.bytes.buffer)
    expect(slice.offsets?.buffer).toBe(block.offsets?.buffer)
    // The first offset is not 0: only differences count.
    expect([...(slice.offsets ?? [])]).toEqual([2, 5, 9])
    expect(decodeItems(slice)).toEqual(['bc', 'def'])
    expect(decodeItems(sliceBlock(slice, 1, 1))).toEqual(['def'])
    expect(decodeItems(sliceBlock(encodeItems([1, 2, 3]), 1, 2))).toEqual([2, 3])
    expect(sliceBlock(encodeItems([1, 2, 3]), 1, 2)).not.toHaveProperty('offsets')
  })

  it('may be empty, at the end too', () => {
    expect(decodeItems(sliceBlock(encodeItems(['a', 'b']), 2, 0))).toEqual([])
    expect(decodeItems(sliceBlock(encodeItems([1, 2]), 2, 0))).toEqual([])
  })

  it.each([
    [-1, 1],
    [0, 4],
    [3, 1],
    [1, -1],
  ])('refuses %d+%d of three', (offset, count) => {
    expect(() => sliceBlock(encodeItems([1, 2, 3]), offset, count)).toThrow(InvariantError)
  })
})

describe('blockBytes', () => {
  it('is 8 a number, and 4 an item beside its encoding otherwise; slices add up', () => {
    expect(blockBytes(encodeItems([1, 2, 3]))).toBe(24)
    expect(blockBytes(encodeItems(['', 'a']))).toBe(1 + 2 + 8)
    expect(blockBytes(encodeItemsJson([1, 'a']))).toBe(1 + 3 + 8)
    const block = encodeItems(['a', 'bc', 'def'])
    expect(blockBytes(sliceBlock(block, 0, 1)) + blockBytes(sliceBlock(block, 1, 2))).toBe(blockBytes(block))
  })

  it('counts a failure as 1,024 in a result message', () => {
    expect(resultBytes({ values: encodeItems([1]) })).toBe(8)
    expect(resultBytes({ values: encodeItems([1]), failures: [{}, {}] })).toBe(8 + 2048)
  })
})

describe('encodeItems', () => {
  it('takes f64 exactly where all are numbers', () => {
    expect(encodeItems([1, 2.5, Number.NaN])).toMatchObject({ count: 3, codec: 'f64' })
    expect(encodeItems([1, '2'])).toMatchObject({ count: 2, codec: 'cbor' })
    expect(encodeItems([1n])).toMatchObject({ count: 1, codec: 'cbor' })
    expect(encodeItems([])).toMatchObject({ count: 0, codec: 'f64' })
    const many: unknown[] = Array.from({ length: 1000 }, (_, i) => i)
    expect(encodeItems(many).codec).toBe('f64')
    many[999] = 'x'
    expect(encodeItems(many).codec).toBe('cbor')
  })

  it('writes little-endian doubles', () => {
    expect([...encodeItems([1, -0]).bytes]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x80])
  })

  it('encodes a part of an array, and names values by their place in the whole', () => {
    expect(decodeItems(encodeItems(['a', 'b', 'c'], 1, 2))).toEqual(['b'])
    expect(decodeItems(encodeItems([1, 2, 3], 1))).toEqual([2, 3])
    expect(() => encodeItems(['a', 'b', () => 1], 1)).toThrow('items[2] is a function')
    expect(() => encodeItems([1], 0, 2)).toThrow(InvariantError)
  })

  it('takes holes as undefined', () => {
    // oxlint-disable-next-line no-sparse-arrays
    expect(decodeItems(encodeItems([1, , 3]))).toStrictEqual([1, undefined, 3])
    // oxlint-disable-next-line no-sparse-arrays
    expect(decodeItems(encodeItemsJson([[1, , 3]]))).toStrictEqual([[1, undefined, 3]])
  })

  it('is whole again after a value that encodes something itself', () => {
    const sly = {
      get inner() {
        return decodeItems(encodeItems(['from the inside']))[0]
      },
    }
    expect(decodeItems(encodeItems(['before', sly, 'after']))).toEqual(['before', { inner: 'from the inside' }, 'after'])
  })
})

describe('decodeItems', () => {
  it('writes into a larger array', () => {
    const target = ['x', 0, 0, 'y']
    decodeItemsInto(encodeItems([1, 2]), target, 1)
    expect(target).toEqual(['x', 1, 2, 'y'])
    decodeItemsInto(encodeItems(['a']), target, 0)
    expect(target).toEqual(['a', 1, 2, 'y'])
  })

  it('reads doubles that stand at any byte', () => {
    const numbers = Array.from({ length: 100 }, (_, i) => i / 3)
    const { bytes } = encodeItems(numbers)
    const moved = new Uint8Array(bytes.length + 3)
    moved.set(bytes, 3)
    expect(decodeItems({ count: 100, codec: 'f64', bytes: moved.subarray(3) })).toEqual(numbers)
    expect(decodeItems({ count: 2, codec: 'f64', bytes: moved.subarray(3, 19) })).toEqual(numbers.slice(0, 2))
  })

  it('gives bytes of their own, as Uint8Array', () => {
    const block = encodeItems([new Uint8Array([1, 2, 3]), Buffer.from('abc')])
    const [bytes, buffer] = decodeItems({ ...block, bytes: Buffer.from(block.bytes) }) as [Uint8Array, Uint8Array]
    expect(bytes.constructor).toBe(Uint8Array)
    expect(buffer.constructor).toBe(Uint8Array)
    expect(bytes.buffer.byteLength).toBe(3)
    bytes[0] = 99
    expect((decodeItems(block)[0] as Uint8Array)[0]).toBe(1)
  })

  it.each([
    ['cbor', '0101', 'items[1]: expected more bytes, got the end at byte 1'],
    ['cbor', '82', 'items[1]: expected more bytes, got the end at byte 2'],
    ['json', '7b', 'items[1]: expected JSON, got "{"'],
    ['json', 'ff', 'items[1]: expected UTF-8, got other bytes'],
  ] as const)('names the item of codec %s that is not one (%s)', (codec, digits, message) => {
    const bad = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).subarray(
      codec === 'cbor' && digits === '0101' ? 2 : 0,
    )
    const good = Uint8Array.from([0x31])
    const bytes = new Uint8Array([...good, ...bad])
    const offsets = Uint32Array.from([0, 1, 1 + bad.length])
    expect(() => decodeItems({ count: 2, codec, offsets, bytes })).toThrow(message)
  })

  it('wants one value an item', () => {
    const block = { count: 1, codec: 'cbor', offsets: Uint32Array.from([0, 2]), bytes: Uint8Array.from([1, 2]) } as const
    expect(() => decodeItems(block)).toThrow('items[0]: expected one value, got more bytes behind it, from byte 1')
  })
})

describe('concatBlocks', () => {
  it('joins blocks of one codec without decoding', () => {
    const one = encodeItems(['a', 'b', 'c'])
    const joined = concatBlocks([sliceBlock(one, 1, 2), encodeItems([]), one])
    expect(joined.codec).toBe('cbor')
    expect(decodeItems(joined)).toEqual(['b', 'c', 'a', 'b', 'c'])
    expect(concatBlocks([encodeItems([1]), encodeItems([2, 3])])).toMatchObject({ count: 3, codec: 'f64' })
  })

  it('brings different codecs to one', () => {
    const mixed = concatBlocks([encodeItems([1, -0]), encodeItems(['a'])])
    expect(mixed.codec).toBe('cbor')
    expect(decodeItems(mixed)).toStrictEqual([1, -0, 'a'])
    const json = concatBlocks([encodeItems([1, -0]), encodeItems([2n]), encodeItemsJson(['é'])])
    expect(json.codec).toBe('json')
    expect(decodeItems(json)).toStrictEqual([1, -0, 2n, 'é'])
  })

  it('of nothing is an empty block', () => {
    expect(concatBlocks([])).toMatchObject({ count: 0, codec: 'f64' })
  })
})

describe('selectItems', () => {
  it('takes items in the order asked for', () => {
    expect(decodeItems(selectItems(encodeItems(['a', 'bc', 'def']), [2, 0, 2]))).toEqual(['def', 'a', 'def'])
    expect(decodeItems(selectItems(encodeItems([1, 2, 3]), [2, 0]))).toEqual([3, 1])
    expect(decodeItems(selectItems(sliceBlock(encodeItems(['a', 'bc', 'def']), 1, 2), [1]))).toEqual(['def'])
    expect(selectItems(encodeItems([1]), []).count).toBe(0)
    expect(() => selectItems(encodeItems([1]), [1])).toThrow(InvariantError)
  })
})

describe('transcodeToJson', () => {
  it('changes the codec and not the values', () => {
    const block = encodeItems([1n, { a: new Date(5) }])
    const json = transcodeToJson(block)
    expect(json.codec).toBe('json')
    expect(decodeItems(json)).toEqual([1n, { a: new Date(5) }])
    expect(transcodeToJson(json)).toBe(json)
  })
})
