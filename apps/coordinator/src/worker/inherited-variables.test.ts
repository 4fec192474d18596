import { expect, test } from 'vitest'
import { withheldVariables } from './inherited-variables.ts'

test('what is not on the list is left out', () => {
  const present = {
    PATH: '/bin',
    Path: 'x',
    LC_ALL: 'C',
    FORKPOOL_TOKEN: 's',
    AWS_SECRET_ACCESS_KEY: 's',
    DATABASE_URL: 'd',
    HTTP_PROXY: 'p',
  }
  expect(withheldVariables(present, ['DATABASE_URL'])).toEqual({
    FORKPOOL_TOKEN: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    HTTP_PROXY: undefined,
  })
  expect(Object.keys(withheldVariables(present, []))).toContain('DATABASE_URL')
})
