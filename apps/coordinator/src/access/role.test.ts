import { expect, test } from 'vitest'
import { mayActAs, ROLES } from './role.ts'

test('each role may do what those before it may, and nothing more', () => {
  const allowed = ROLES.flatMap((held) => ROLES.filter((needed) => mayActAs(held, needed)).map((needed) => `${held}→${needed}`))
  expect(allowed).toEqual(['read→read', 'submit→read', 'submit→submit', 'admin→read', 'admin→submit', 'admin→admin'])
})
