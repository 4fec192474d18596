/** Node's own IPC, and nothing else: the floor of one task at a time. */
process.on('message', (message) => process.send(message))
