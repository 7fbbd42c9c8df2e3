import { Command } from 'commander'
import { addAgentCommands } from './commands/agents.ts'
import { addAuditCommands } from './commands/audit.ts'
import { addConnectCommand } from './commands/connect.ts'
import { addConnectionCommands } from './commands/connections.ts'
import type { Process } from './commands/context.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addLoginCommands } from './commands/login.ts'
import { addPolicyCommands } from './commands/policies.ts'
import { createRunCommand } from './commands/run-command.ts'
import { addUpCommand } from './commands/up.ts'

/** Builds the `sallyport` command. Failures are thrown; the entry point turns them into one sentence. */
export function createProgram(process: Process, version: string): Command {
  const program = new Command('sallyport')
    .description('A vault that keeps credentials away from AI agents')
    .version(version)
    .option('--json', 'print JSON')
    .option('--url <url>', 'the vault (default: SALLYPORT_BASE_URL, else this machine)')
    .showHelpAfterError('(sallyport --help shows the commands)')
    .exitOverride()
  const run = createRunCommand(process)
  addUpCommand(program, process)
  addLoginCommands(program, run)
  addConnectCommand(program, run, process)
  addAgentCommands(program, run)
  addConnectionCommands(program, run)
  addPolicyCommands(program, run)
  addAuditCommands(program, run)
  addDoctorCommand(program, run)
  return program
}
