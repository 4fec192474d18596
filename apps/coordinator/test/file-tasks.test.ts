import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256File, wordCountFile } from '../src/tasks/index.ts'
import { allowTaskRoots } from '../src/tasks/task-roots.ts'

/** root/ and second/ are allowed; outside/ is not. */
let folder: string
const at = (...parts: string[]): string => path.join(folder, ...parts)

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'forkpool-files-'))
  for (const name of ['root', 'root/sub', 'root/..dots', 'second', 'outside', 'rootless']) mkdirSync(at(name))
  writeFileSync(at('root/abc.txt'), 'abc')
  writeFileSync(at('root/empty'), '')
  writeFileSync(at('root/..dots/file'), 'dots')
  writeFileSync(at('root/words.txt'), '  the quick\tbrown\nfox\r\n\n jumps\u00a0über\n')
  writeFileSync(at('root/large'), Buffer.alloc(1_000_003, 'a word '))
  writeFileSync(at('second/abc.txt'), 'abc')
  writeFileSync(at('outside/secret'), 'secret')
  writeFileSync(at('rootless/file'), 'shares the first letters of a root')
  symlinkSync(at('outside/secret'), at('root/link-out'))
  symlinkSync(at('outside'), at('root/sub/folder-out'))
  symlinkSync(at('root/abc.txt'), at('root/sub/link-in'))
  symlinkSync(at('root'), at('alias'))
  execFileSync('mkfifo', [at('root/pipe')])
  allowTaskRoots([at('root'), at('second'), at('does-not-exist')])
})

afterAll(() => rmSync(folder, { recursive: true }))

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

describe('sha256File', () => {
  it('gives the digest of FIPS 180-4 for abc, by absolute and relative path', () => {
    expect(sha256File(at('root/abc.txt'))).toBe(ABC)
    expect(sha256File('abc.txt')).toBe(ABC)
    expect(sha256File(at('second/abc.txt'))).toBe(ABC)
  })

  it('gives that of the empty file', () => {
    expect(sha256File('empty')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  it('reads a file of several pieces whole', () => {
    expect(sha256File('large')).toBe(createHash('sha256').update(Buffer.alloc(1_000_003, 'a word ')).digest('hex'))
  })
})

describe('wordCountFile', () => {
  it('counts lines, words and bytes', () => {
    expect(wordCountFile('words.txt')).toEqual({ lines: 4, words: 5, bytes: 38 })
    expect(wordCountFile('empty')).toEqual({ lines: 0, words: 0, bytes: 0 })
  })

  it('agrees with wc, also where a word lies across two pieces', () => {
    const [lines, words, bytes] = execFileSync('wc', ['-lwc', at('root/large')], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
      .map(Number)
    expect(wordCountFile('large')).toEqual({ lines, words, bytes })
  })
})

describe('the folders that tasks may read', () => {
  it('lets links lead within them', () => {
    expect(sha256File('sub/link-in')).toBe(ABC)
    expect(sha256File('sub/../abc.txt')).toBe(ABC)
    expect(sha256File('..dots/file')).toBe(createHash('sha256').update('dots').digest('hex'))
  })

  it.each([
    ['an absolute path elsewhere', () => '/etc/passwd'],
    ['a file beside the root', () => at('outside/secret')],
    ['a folder whose name begins like a root', () => at('rootless/file')],
    ['a way up', () => '../outside/secret'],
    ['a way up after a way down', () => 'sub/../../outside/secret'],
    ['a link to a file outside', () => 'link-out'],
    ['a link to a folder outside', () => 'sub/folder-out/secret'],
    ['a path outside that does not exist', () => at('outside/nothing')],
  ])('refuses %s', (_name, file) => {
    for (const task of [sha256File, wordCountFile]) {
      expect(() => task(file())).toThrow(
        expect.objectContaining({ code: 'NOT_ALLOWED', message: expect.stringContaining(`may not read ${file()}`) as unknown }),
      )
    }
  })

  it.each(['sub', '.', 'pipe'])('refuses what is no regular file: %s', (file) => {
    expect(() => sha256File(file)).toThrow(
      expect.objectContaining({ code: 'NOT_ALLOWED', message: `sha256File reads regular files only: ${file} is none` }),
    )
  })

  it('says that a file does not exist, without the path that it really is', () => {
    expect(() => sha256File('nothing')).toThrow(
      expect.objectContaining({ name: 'Error', code: 'ENOENT', message: 'sha256File cannot read nothing: there is no such file' }),
    )
  })

  it.each([undefined, 7, '', 'a\0b', ['abc.txt']])('refuses %j as a path', (file) => {
    expect(() => sha256File(file as string)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
  })

  it('is nothing where the operator named none', () => {
    allowTaskRoots([])
    expect(() => sha256File('abc.txt')).toThrow('the coordinator was started without a task root')
    allowTaskRoots([at('root'), at('second')])
  })

  it('follows a root that is itself a link', () => {
    allowTaskRoots([at('alias')])
    expect(sha256File('abc.txt')).toBe(ABC)
    expect(sha256File(at('root/abc.txt'))).toBe(ABC)
    expect(() => sha256File('link-out')).toThrow(expect.objectContaining({ code: 'NOT_ALLOWED' }))
    allowTaskRoots([at('root'), at('second')])
  })
})
