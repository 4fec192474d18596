import type { ErrorView } from '@forkpool/pool-core/protocol'
import { CoordinatorError } from '../sources/coordinator.ts'

/** The coordinator's own form of an error, so that the browser has one to read. */
export function errorAnswer(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } } satisfies ErrorView, { status, headers: NO_STORE })
}

/** Runs a handler's work; what the coordinator refuses, or its absence, becomes an answer. Anything else is a defect of ours and throws. */
export async function answer(work: () => Promise<unknown>, status = 200): Promise<Response> {
  try {
    return Response.json(await work(), { status, headers: NO_STORE })
  } catch (error) {
    if (!(error instanceof CoordinatorError)) throw error
    const message = error.failure === 'unreachable' ? `The coordinator cannot be reached: ${error.message}.` : error.message
    return errorAnswer(error.status, error.code, message)
  }
}

const NO_STORE = { 'cache-control': 'no-store' }
