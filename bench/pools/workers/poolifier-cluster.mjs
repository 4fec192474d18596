import { ClusterWorker } from 'poolifier'
import { burn, square } from './tasks.mjs'

export default new ClusterWorker({ square, burn })
