import { Command } from 'commander'
import type { Process } from './commands/context.ts'

const environmentHelp = `
Environment:
  SALLYPORT_BASE_URL     the vault, where --url does not say it
  SALLYPORT_OWNER_TOKEN  an owner's token (spp_…) in place of a sign-in
  SALLYPORT_OWNER_EMAIL  who signs in, where nobody can be asked

Secrets are asked for at a terminal, and read from stdin, a line each, elsewhere. They are never arguments.`

/** `sallyport` before it has commands: what all of them share. Failures are thrown; the entry point turns them into one sentence. */
export function createEmptyProgram(process: Process, version: string): Command {
  const { stdout, stderr } = process.streams
  return new Command('sallyport')
    .description('A vault that keeps credentials away from AI agents')
    .version(version)
    .option('--json', 'print JSON')
    .option('--url <url>', 'the vault (default: SALLYPORT_BASE_URL, else this machine)')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) => write(`sallyport: ${explainUsage(text)}\n`),
    })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', environmentHelp)
    .exitOverride()
}

const secretOption = /^--(token|password|secret|key|value|credential)/

/** Commander's complaint as one sentence, without the value that an unknown option may have carried. */
export function explainUsage(text: string): string {
  const [complaint = ''] = text.replace(/^error: /, '').split('\n', 1)
  const option = /^unknown option '(--[^'=]*|-[^-'])/.exec(complaint)?.[1]
  if (option !== undefined && secretOption.test(option)) {
    return `${option} does not exist: a secret is asked for, or read from stdin, and never an argument.`
  }
  const meant = /\(Did you mean (?:one of )?([^?()]*)\?\)/.exec(text)?.[1]
  if (complaint.startsWith('unknown command') && meant !== undefined) {
    return `${complaint}. Did you mean ${meant}?`
  }
  const said =
    option === undefined ? complaint.replace(/\.$/, '') : `there is no option ${option} here`
  return `${said}. Add --help to see how it is used.`
}
