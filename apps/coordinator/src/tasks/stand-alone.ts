/** The built-in tasks without a coordinator, as a task module: they may read below the folder in which the program was started. */
import { allowTaskRoots } from './task-roots.ts'

export * from './index.ts'

allowTaskRoots([process.cwd()])
