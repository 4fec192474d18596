import workerpool from 'workerpool'
import { burn, square } from './tasks.mjs'

workerpool.worker({ square, burn })
