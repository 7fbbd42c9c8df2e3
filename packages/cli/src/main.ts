import { runCommand } from './command.ts'

// The entry point of `sallyport`: the process goes in, an exit code comes out.

const { env, stdin, stdout, stderr } = process
// Whoever reads the output may have read enough (`| head`).
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
// Nobody hears complaints any more: no reason to break off what is under way.
stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
const streams = { stdin, stdout, stderr }
const args = process.argv.slice(2)
process.exitCode = await runCommand({ environment: env, streams, directory: process.cwd() }, args)
