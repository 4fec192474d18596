import { runShowcase } from '../showcase/showcase.ts'

process.exit(await runShowcase('serve'))
