import { runChecks } from '../checks/run-checks.ts'
import { stopRequest } from '../service/index.ts'

const asked = stopRequest()
try {
  const { failed } = await runChecks(asked)
  process.exitCode = failed.length === 0 ? 0 : 1
} catch (error) {
  if (!asked.aborted) throw error
  process.exitCode = 130
}
