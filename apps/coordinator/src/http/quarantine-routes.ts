import type { QuarantineSource } from '../quarantine-source.ts'
import { writeJson } from './http-error.ts'
import type { Route } from './route.ts'
import { wholeNumber } from './route.ts'

const TASKS_DEFAULT = 50
const TASKS_MAX = 1_000

const PATH_ID = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }

function answers(status: number, view: string, description: string): object {
  return { [status]: { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${view}` } } } } }
}

/** Look at tasks that crashed their workers, run them again, or drop them. */
export function quarantineRoutes(quarantine: QuarantineSource): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/quarantine',
      operation: {
        summary: 'Tasks that were given up because their worker ended each time, newest first',
        parameters: [
          { name: 'limit', in: 'query', required: false, description: `How many, ${TASKS_MAX} at most`, schema: { type: 'integer' } },
        ],
        responses: answers(200, 'QuarantineView', 'A page of tasks and the number of all'),
      },
      handle: ({ response, query }) => writeJson(response, 200, quarantine.list(wholeNumber(query, 'limit', TASKS_DEFAULT, 1, TASKS_MAX))),
    },
    {
      method: 'POST',
      path: '/api/v1/quarantine/{id}/retry',
      role: 'admin',
      operation: {
        summary: 'Run the task again, as a batch of its own, and take it out of quarantine',
        parameters: [PATH_ID],
        responses: answers(202, 'QuarantineRetryView', 'The batch that runs it'),
      },
      handle: async ({ response, parameters }) => writeJson(response, 202, await quarantine.retry(parameters['id'] ?? '')),
    },
    {
      method: 'POST',
      path: '/api/v1/quarantine/{id}/drop',
      role: 'admin',
      operation: {
        summary: 'Take the task out of quarantine and forget its item',
        parameters: [PATH_ID],
        responses: answers(200, 'QuarantinedTaskView', 'What was dropped'),
      },
      handle: ({ response, parameters }) => writeJson(response, 200, quarantine.drop(parameters['id'] ?? '')),
    },
  ]
}
