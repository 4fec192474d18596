import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import type { ModuleReport, RunReport, TestReport } from './run-report.ts'

/** Where the report goes; set by vitest-project.ts. */
const FILE_VARIABLE = 'TEST_RUN_REPORT'

/** Writes what the count of `npm test` needs. vitest's own JSON does not say why a test was skipped. vitest wants a default export. */
export default class RunReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { readonly message?: string }[]): void {
    const file = process.env[FILE_VARIABLE]
    if (file === undefined) throw new Error(`${FILE_VARIABLE} names no file for the report`)
    const report: RunReport = { modules: modules.map(describeModule), unhandled: unhandled.map((error) => firstLine(error.message)) }
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(report))
  }
}

function describeModule(module: TestModule): ModuleReport {
  return {
    path: relative(process.cwd(), module.moduleId),
    state: module.state(),
    errors: module.errors().map((error) => firstLine(error.message)),
    tests: [...module.children.allTests()].map(describeTest),
  }
}

function describeTest(test: TestCase): TestReport {
  const result = test.result()
  if (result.state === 'skipped') return { name: test.fullName, state: 'skipped', reason: result.note ?? 'says no reason' }
  return { name: test.fullName, state: result.state, reason: firstLine(result.errors?.[0]?.message) }
}

function firstLine(text: string | undefined): string {
  return text?.split('\n', 1)[0] ?? ''
}
