/** What browsers load of the package, where there is no `process`. Prints what it found, as JSON. */
const { process } = globalThis
Object.defineProperty(globalThis, 'process', { value: undefined })
const { decodeItems, decodeWorkerMessage, encodeItems, encodeWorkerMessage } = await import('@forkpool/pool-core/protocol')
const { BatchCalls } = await import('@forkpool/pool-core/batch')
const { Future } = await import('@forkpool/pool-core/future')
const { nearestNames } = await import('@forkpool/pool-core/base')
const found = {
  items: decodeItems(encodeItems([{ text: 'a' }, -0, 'b'])).length,
  message: decodeWorkerMessage(encodeWorkerMessage({ kind: 'ready', pid: 1, tasks: [] })).kind,
  names: [BatchCalls.name, Future.name, ...nearestNames('sqare', ['cube', 'square'], 1)],
}
Object.defineProperty(globalThis, 'process', { value: process })
console.log(JSON.stringify(found))
