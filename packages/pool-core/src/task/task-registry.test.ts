import { describe, expect, it } from 'vitest'
import { TaskRegistry } from './task-registry.ts'
import type { TaskFunction, TaskModule } from './task-registry.ts'

function moduleOf(file: string, ...names: readonly string[]): TaskModule {
  const functions = new Map<string, TaskFunction>(names.map((name) => [name, () => `${file}:${name}`]))
  const builtIn = file === 'built-in'
  return { origin: `/${file}`, label: file, prefix: file.replace(/\.ts$/, ''), builtIn, functions }
}

function namesOf(...modules: readonly TaskModule[]): Record<string, unknown> {
  const registry = new TaskRegistry(modules)
  return Object.fromEntries(registry.list().map(({ name }) => [name, registry.get(name)?.()]))
}

describe('TaskRegistry', () => {
  it('keeps plain names where nothing conflicts', () => {
    expect(namesOf(moduleOf('images.ts', 'resize'), moduleOf('mail.ts', 'send'))).toEqual({
      resize: 'images.ts:resize',
      send: 'mail.ts:send',
    })
  })

  it('gives both sides of a conflict the prefix of their module', () => {
    expect(namesOf(moduleOf('images.ts', 'resize', 'crop'), moduleOf('photos.ts', 'resize'))).toEqual({
      crop: 'images.ts:crop',
      'images.resize': 'images.ts:resize',
      'photos.resize': 'photos.ts:resize',
    })
  })

  it("lets a user's task have the plain name of a built-in one, which moves behind its prefix", () => {
    expect(namesOf(moduleOf('built-in', 'square', 'sleep'), moduleOf('tasks.ts', 'square'))).toEqual({
      square: 'tasks.ts:square',
      'built-in.square': 'built-in:square',
      sleep: 'built-in:sleep',
    })
  })

  it('never lets a built-in task answer for a name that two users dispute', () => {
    expect(Object.keys(namesOf(moduleOf('built-in', 'square'), moduleOf('a.ts', 'square'), moduleOf('b.ts', 'square')))).toEqual([
      'a.square',
      'b.square',
      'built-in.square',
    ])
  })

  it('refuses two modules of one file name that export the same', () => {
    const modules = [
      { ...moduleOf('images.ts', 'resize'), origin: '/a/images.ts' },
      { ...moduleOf('images.ts', 'resize'), origin: '/b/images.ts' },
    ]
    expect(() => new TaskRegistry(modules)).toThrow(
      expect.objectContaining({
        code: 'TASK_MODULE',
        message: expect.stringContaining('"images.resize": /a/images.ts and /b/images.ts') as unknown,
      }),
    )
  })

  it('lists parameters and the first line of a description', () => {
    const resize = Object.assign((path: string, width = 100) => `${path}${width}`, { description: '\n  Makes it smaller.\nAnd more.' })
    const registry = new TaskRegistry([{ ...moduleOf('images.ts'), functions: new Map([['resize', resize as TaskFunction]]) }])
    expect(registry.list()).toEqual([
      { name: 'resize', module: 'images.ts', parameters: ['path', 'width?'], description: 'Makes it smaller.' },
    ])
  })

  it('shortens what only people read, and refuses a name that no message can carry', () => {
    const task = Object.assign((() => 1) as TaskFunction, { description: 'x'.repeat(5000) })
    const module = (name: string): TaskModule => ({ ...moduleOf('a.ts'), functions: new Map([[name, task]]) })
    expect(new TaskRegistry([module('a')]).list()[0]?.description).toHaveLength(200)
    expect(() => new TaskRegistry([module('n'.repeat(201))])).toThrow(/longer than 200 characters: n+… of \/a\.ts/)
  })

  it('knows no inherited name', () => {
    const registry = new TaskRegistry([moduleOf('a.ts', 'f')])
    expect(registry.get('toString')).toBeUndefined()
    expect(registry.get('__proto__')).toBeUndefined()
  })

  it('names the nearest tasks for a typing error', () => {
    const registry = new TaskRegistry([moduleOf('a.ts', 'square', 'sleep')])
    expect(registry.unknown('sqare')).toMatchObject({ code: 'TASK_UNKNOWN', message: 'no task is named "sqare"; did you mean square?' })
    expect(registry.unknown('zzzzzzz').message).toBe('no task is named "zzzzzzz"')
  })
})
