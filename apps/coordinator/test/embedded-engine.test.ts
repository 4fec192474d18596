import { afterAll } from 'vitest'
import { testEngine } from '../src/engine/engine-conformance.ts'
import { DataDirs } from './support/data-dirs.ts'

const dirs = new DataDirs()
afterAll(() => dirs.remove())

testEngine('embedded', async () => {
  const engine = dirs.engine(dirs.next())
  await engine.recover()
  return engine
})
