// Loaded into the coordinator before its own program, so that a test can move its wall clock and ask for its memory. Not in the product.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const RealDate = Date
let shiftMs = 0

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + shiftMs)
    else super(...given)
  }

  static now() {
    return RealDate.now() + shiftMs
  }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

process.on('message', (message) => {
  if (message.kind === 'clock') shiftMs += message.byMs
  // Twice: what a finaliser lets go of in the first pass is found in the second.
  else for (let i = 0; i < 2; i++) collect()
  process.send({ id: message.id, memory: process.memoryUsage() })
})
process.channel.unref()
