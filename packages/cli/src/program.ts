import type { Command } from 'commander'
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
import { createEmptyProgram } from './empty-program.ts'

/** Builds the `sallyport` command. Failures are thrown; the entry point turns them into one sentence. */
export function createProgram(process: Process, version: string): Command {
  const program = createEmptyProgram(process, version)
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
