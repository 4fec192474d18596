import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { dialectOf } from './dialect.ts'
import { schemaText } from './schema/schema-text.ts'
import { chooseVersion, PROTOCOL_VERSION, PROTOCOL_VERSION_MIN, SUBPROTOCOL_CBOR, SUBPROTOCOL_JSON } from './version.ts'

/** The hash of all messages and kinds of values, by version. A change of them is a new version: add a line, keep the old ones. */
const HASHES: Readonly<Record<number, string>> = {
  1: 'dc603bf74058c2a451f510f658838ab1',
  2: '1d157de703805bbb74f8a8e43f51cabf',
}

it('messages change only with a new version', () => {
  const hash = createHash('sha256').update(schemaText()).digest('hex').slice(0, 32)
  expect(hash, 'a message or value encoding has changed: raise PROTOCOL_VERSION, add its history in version.ts and its hash here').toBe(
    HASHES[PROTOCOL_VERSION],
  )
})

it('has a hash for each version that is spoken', () => {
  for (let version = PROTOCOL_VERSION_MIN; version <= PROTOCOL_VERSION; version++) expect(HASHES[version]).toBeDefined()
})

it('chooses the highest version that both speak', () => {
  expect(chooseVersion([1])).toBe(1)
  expect(chooseVersion([PROTOCOL_VERSION + 1, PROTOCOL_VERSION_MIN, PROTOCOL_VERSION])).toBe(PROTOCOL_VERSION)
  expect(chooseVersion([0, PROTOCOL_VERSION + 1])).toBeUndefined()
  expect(chooseVersion([])).toBeUndefined()
})

it('knows the dialect of a subprotocol', () => {
  expect(dialectOf(SUBPROTOCOL_CBOR)).toBe('cbor')
  expect(dialectOf(SUBPROTOCOL_JSON)).toBe('json')
  expect(dialectOf('forkpool.v2.cbor')).toBeUndefined()
  expect(dialectOf('')).toBeUndefined()
})
