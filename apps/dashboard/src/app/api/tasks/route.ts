import { services } from '../../../compose.ts'
import { answer } from '../../../guard/answers.ts'

/** `GET /api/tasks`: the task functions that workers know. */
export async function GET(): Promise<Response> {
  return answer(() => services().coordinator.get('/tasks'))
}
