import type { VerificationSource } from '../verification-source.ts'
import { HttpError, writeJson } from './http-error.ts'
import type { Route } from './route.ts'

/** Hold batches against their ledger. */
export function verifyRoutes(source: VerificationSource): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/verify',
      operation: {
        summary: 'Check every batch that is kept: each task recorded once, every block as it was written',
        responses: {
          200: {
            description: 'How many were checked, and those with problems',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/VerificationView' } } },
          },
        },
      },
      handle: async ({ response }) => writeJson(response, 200, await source.verifyAll()),
    },
    {
      method: 'GET',
      path: '/api/v1/batches/{id}/verify',
      operation: {
        summary: 'Check one batch',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {
          200: {
            description: 'Where its tasks are, and what is wrong',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/BatchVerdict' } } },
          },
        },
      },
      handle: async ({ response, parameters }) => {
        const id = parameters['id'] ?? ''
        const verdict = await source.verify(id)
        if (verdict === undefined)
          throw new HttpError(404, 'BATCH_UNKNOWN', `no batch ${id.slice(0, 100)} is kept; \`forkpool batches\` lists them`)
        writeJson(response, 200, verdict)
      },
    },
  ]
}
