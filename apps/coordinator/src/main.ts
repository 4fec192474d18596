import { runProgram } from './commands/run-program.ts'

// The program of the `forkpool` command. The first Ctrl-C or SIGTERM asks for a good end; a second one does not wait for it.
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130)
    stop.abort()
  })
}
// A reader that goes away early (`| head`) ends the output, not the program in a stack trace; writers see `EPIPE` themselves.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

const { stdin, stdout, stderr, env } = process
process.exitCode = await runProgram({ stdin, stdout, stderr, environment: env, signal: stop.signal }, process.argv.slice(2))
// Standard input may be a pipe that nobody ends: the work is done, so it must not hold the program.
stdin.destroy()
