import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { isAtLeast } from './go-tools.mjs'
import { needTool } from './need-tool.mjs'
import { which, whichOnPath } from './which.mjs'

/** A folder at the front of PATH with one program in it. */
function folderWith(program: string, mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-which-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
    vi.unstubAllEnvs()
  })
  const file = join(folder, program)
  writeFileSync(file, '#!/bin/sh\n')
  chmodSync(file, mode)
  vi.stubEnv('PATH', `relative${delimiter}${folder}${delimiter}${process.env['PATH'] ?? ''}`)
  return file
}

class Skipped extends Error {}
const context = {
  skip: (note?: string): never => {
    throw new Skipped(note)
  },
}

test('a program is found on PATH if it can be run', () => {
  const file = folderWith('forkpool-test-program', 0o755)
  expect(which('forkpool-test-program')).toBe(file)
  expect(whichOnPath('forkpool-test-program')).toBe(file)
  chmodSync(file, 0o644)
  expect(which('forkpool-test-program')).toBeUndefined()
})

test('a test whose tool is missing is skipped by name, and fails where nothing may be skipped', () => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('CI', '')
  expect(() => needTool(context, 'forkpool-no-such-program')).toThrow(Skipped)
  expect(() => needTool(context, 'forkpool-no-such-program')).toThrow('forkpool-no-such-program is missing')
  vi.stubEnv('CI', 'true')
  expect(() => needTool(context, 'forkpool-no-such-program')).not.toThrow(Skipped)
  expect(() => needTool(context, 'forkpool-no-such-program')).toThrow('forkpool-no-such-program is missing')
})

test.each([
  ['k6 v1.8.1 (go1.26.8, linux/amd64)', '1.0.0', true],
  ['v5.8.2', '5.8.2', true],
  ['v5.8.2', '5.8.3', false],
  ['k6 v0.57.0', '1.0.0', false],
  ['v10.0.0', '9.9.9', true],
  ['(devel)', '1.0.0', false],
])('%s is at least %s: %s', (answer, wanted, verdict) => expect(isAtLeast(answer, wanted)).toBe(verdict))
