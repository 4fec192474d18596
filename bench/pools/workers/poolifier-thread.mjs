import { ThreadWorker } from 'poolifier'
import { burn, square } from './tasks.mjs'

export default new ThreadWorker({ square, burn })
