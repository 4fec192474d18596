import { testEngine } from '../engine-conformance.ts'
import { MemoryEngine } from './memory-engine.ts'

testEngine('memory', () => Promise.resolve(new MemoryEngine()))
