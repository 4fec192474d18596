import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyValue, BOUNDED, PATIENT } from '../../test/protocol-arbitraries.ts'
import { decodeServerMessage, encodeServerMessage } from './client-frame.ts'
import { fromWireError, toWireError, wireErrorBytes } from './wire-error.ts'

it('whatever is thrown arrives in both dialects, and comes back as an error', PATIENT, () => {
  const properties = fc.dictionary(
    fc.string(),
    fc.oneof(
      anyValue,
      fc.constant(() => 1),
    ),
    { maxKeys: 4, noNullPrototype: true },
  )
  const error = fc
    .tuple(fc.string(), properties, anyValue)
    .map(([message, own, cause]) => Object.assign(new Error(message, { cause }), own))
  fc.assert(
    fc.property(fc.oneof(anyValue, error), (thrown) => {
      const wire = toWireError(thrown)
      for (const dialect of ['cbor', 'json'] as const) {
        const frame = encodeServerMessage({ kind: 'refused', error: wire }, dialect)
        const message = decodeServerMessage(frame, dialect)
        if (!isDeepStrictEqual(message, { kind: 'refused', error: wire })) expect(message).toStrictEqual({ kind: 'refused', error: wire })
        if (dialect === 'cbor') expect(frame.length).toBeLessThanOrEqual(wireErrorBytes(wire))
      }
      const rebuilt = fromWireError(wire)
      expect(rebuilt).toBeInstanceOf(Error)
      expect(rebuilt.name).toBe(wire.name)
      expect(rebuilt.message).toBe(wire.message)
    }),
    { numRuns: 150, ...BOUNDED },
  )
})
