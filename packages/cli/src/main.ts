import { CommanderError } from 'commander'
import { explainFailure } from './explain-failure.ts'
import { createProgram } from './program.ts'

// The entry point of `sallyport`: the process goes in, an exit code comes out.

declare const SALLYPORT_VERSION: string

async function main(): Promise<number> {
  const { env, stdin, stdout, stderr } = process
  // Whoever reads the output may have read enough (`| head`).
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const streams = { stdin, stdout, stderr }
  const program = createProgram(
    { environment: env, streams, directory: process.cwd() },
    SALLYPORT_VERSION,
  )
  try {
    await program.parseAsync(process.argv)
    return 0
  } catch (thrown) {
    // Commander has printed its own.
    if (thrown instanceof CommanderError) return thrown.exitCode
    const { text, exitCode } = explainFailure(thrown)
    stderr.write(`sallyport: ${text}\n`)
    return exitCode
  } finally {
    // A pipe that its writer keeps open must not keep this process.
    stdin.unref?.()
  }
}

process.exitCode = await main()
