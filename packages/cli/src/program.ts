import { Command } from 'commander'
import { addAgentCommands } from './commands/agents.ts'
import { addAlertCommands } from './commands/alerts.ts'
import { addApprovalCommands } from './commands/approvals.ts'
import { addAuditCommands } from './commands/audit.ts'
import { addBackupCommands } from './commands/backup.ts'
import { addCapabilityRequestCommands } from './commands/capability-requests.ts'
import { addConnectCommand } from './commands/connect.ts'
import { addConnectionCommands } from './commands/connections.ts'
import type { Process } from './commands/context.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addGrantCommand } from './commands/grant.ts'
import { addImportCommand } from './commands/import.ts'
import { addKeyCommands } from './commands/keys.ts'
import { addLoginCommands } from './commands/login.ts'
import { addOAuthAppCommands } from './commands/oauth-apps.ts'
import { addPolicyCommands } from './commands/policies.ts'
import { createRunCommand } from './commands/run-command.ts'
import { addServerCommands } from './commands/servers.ts'
import { addSkillCommand } from './commands/skill.ts'
import { addSourceCommands } from './commands/sources.ts'
import { addToolCommands } from './commands/tools.ts'
import { addToolsetCommands } from './commands/toolsets.ts'
import { addUpCommand } from './commands/up.ts'
import { addVariableCommands } from './commands/variables.ts'
import { addWorkerCommand } from './commands/worker.ts'

const environmentHelp = `
Environment:
  SALLYPORT_BASE_URL     the vault, where --url does not say it
  SALLYPORT_OWNER_TOKEN  an owner's token (spp_…) in place of a sign-in
  SALLYPORT_OWNER_EMAIL  who signs in, where nobody can be asked

Secrets are asked for at a terminal, and read from stdin, a line each, elsewhere. They are never arguments.`

/** Builds the `sallyport` command. Failures are thrown; the entry point turns them into one sentence. */
export function createProgram(process: Process, version: string): Command {
  const { stdout, stderr } = process.streams
  const program = new Command('sallyport')
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
  const run = createRunCommand(process)
  addUpCommand(program, process)
  addWorkerCommand(program, process)
  addLoginCommands(program, run)
  addConnectCommand(program, run, process)
  addAgentCommands(program, run)
  addConnectionCommands(program, run)
  addOAuthAppCommands(program, run)
  addImportCommand(program, run)
  addServerCommands(program, run)
  addVariableCommands(program, run)
  addSourceCommands(program, run)
  addToolsetCommands(program, run)
  addToolCommands(program, run)
  addGrantCommand(program, run)
  addSkillCommand(program, run)
  addPolicyCommands(program, run)
  addApprovalCommands(program, run)
  addCapabilityRequestCommands(program, run)
  addAlertCommands(program, run)
  addAuditCommands(program, run)
  addKeyCommands(program, run)
  addBackupCommands(program, run)
  addDoctorCommand(program, run)
  return program
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
