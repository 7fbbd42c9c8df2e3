import { writeFileSync } from 'node:fs'
import { type Policy, policyFileSchema } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { Command } from 'commander'
import { type Applied, applyChanges } from '../policy-files/apply-changes.ts'
import { countPlan, describePlan, tellChange } from '../policy-files/describe-plan.ts'
import { describeTest } from '../policy-files/describe-test.ts'
import { type PlannedChange, planChanges, type VaultState } from '../policy-files/plan-changes.ts'
import {
  type FileFault,
  type ReadPolicyFile,
  readPolicyFile,
  writeFault,
} from '../policy-files/read-policy-file.ts'
import { runPolicyTests, type TestedPolicy } from '../policy-files/run-policy-tests.ts'
import { toFilePolicies, writePolicyFile } from '../policy-files/write-policy-file.ts'
import { CommandError, type Terminal } from '../terminal.ts'
import type { CommandContext } from './context.ts'
import {
  everyPage,
  idOfAgent,
  idOfConnection,
  listAllAgents,
  listAllConnections,
  listNamedToolsets,
} from './lookup.ts'
import { readText } from './read-text-file.ts'
import type { RunCommand } from './run-command.ts'

interface ExportOptions {
  readonly agent?: string
  readonly connection?: string
  readonly output?: string
}

interface ApplyOptions {
  readonly dryRun?: boolean
  readonly prune?: boolean
  readonly yes?: boolean
}

const pageRowsMax = 200

/** `sallyport policies export|apply|test|schema`: policies as files. */
export function addPolicyFileCommands(policies: Command, run: RunCommand): void {
  addExport(policies, run)
  addApply(policies, run)
  policies
    .command('test <file...>')
    .description('Run the tests in files on the policies in them; no vault is asked')
    .action(
      run(async (context, [names]: [string[]]) => {
        const { terminal } = context
        const files = await readFiles(context, names)
        const result = await runPolicyTests(files, Date.now())
        if ('faults' in result) throw refusal(terminal, result.faults)
        reportTests(terminal, result.tested)
      }),
    )
  policies
    .command('schema')
    .description('Print the JSON Schema of policy files, for editors')
    .option('-o, --output <file>', 'write it to a file')
    .action(
      run(async ({ terminal }, [options]: [{ output?: string }]) => {
        const schema = policyFileSchema()
        deliver(terminal, {
          value: schema,
          text: JSON.stringify(schema, null, 2),
          output: options.output,
        })
      }),
    )
}

function addExport(policies: Command, run: RunCommand): void {
  policies
    .command('export')
    .description('Write policies as YAML, agents and connections by name')
    .option('--agent <agent>', 'only this agent’s (id or name)')
    .option('--connection <connection>', 'only for this connection (id or label)')
    .option('-o, --output <file>', 'write them to a file')
    .action(
      run(async ({ terminal, owner }, [options]: [ExportOptions]) => {
        const client = await owner()
        const { agent, connection } = options
        const state = await readState(client, [], {
          ...(agent !== undefined && { agentId: await idOfAgent(client, agent) }),
          ...(connection !== undefined && {
            connectionId: await idOfConnection(client, connection),
          }),
        })
        const names = {
          agents: new Map(state.agents.map(({ id, name }) => [id, name])),
          connections: new Map(state.connections.map(({ id, label }) => [id, label])),
          toolsets: state.toolsets,
        }
        const value = { policies: toFilePolicies(state.policies, names) }
        const text = writePolicyFile(value.policies, names).trimEnd()
        deliver(terminal, { value, text, output: options.output })
      }),
    )
}

function addApply(policies: Command, run: RunCommand): void {
  policies
    .command('apply <file...>')
    .description('Make the vault’s policies what files say (- for stdin)')
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--prune', 'delete what the files do not hold, of the agents that they name')
    .option('--yes', 'do not ask')
    .action(
      run(async (context, [names, options]: [string[], ApplyOptions]) => {
        const { terminal, owner } = context
        const files = await readFiles(context, names)
        const client = await owner()
        const planned = planChanges(files, await readState(client, files), {
          prune: options.prune === true,
        })
        if ('faults' in planned) throw refusal(terminal, planned.faults)
        const { changes } = planned
        const isNothing = changes.every(({ action }) => action === 'unchanged')
        if (options.dryRun === true || isNothing) {
          const told = { dryRun: options.dryRun === true, changes: changes.map(tellChange) }
          terminal.answer(told, describePlan(changes))
          return
        }
        if (!terminal.json) terminal.note(describePlan(changes))
        await requireConsent(terminal, options.yes === true)
        report(terminal, changes, await applyChanges(client, changes))
      }),
    )
}

async function requireConsent(terminal: Terminal, isGiven: boolean): Promise<void> {
  if (isGiven) return
  if (!terminal.interactive) {
    throw new CommandError('Nothing was changed: add --yes, or --dry-run to look first.')
  }
  const said = await terminal.ask('Apply this? (yes or no)')
  if (!/^y(es)?$/i.test(said)) throw new CommandError('Nothing was changed.')
}

function report(terminal: Terminal, changes: readonly PlannedChange[], applied: Applied): void {
  const { done, failed, left } = applied
  const told = {
    dryRun: false,
    changes: changes.map(tellChange),
    applied: done.map(tellChange),
    ...(failed !== undefined && {
      failed: { ...tellChange(failed.change), problem: failed.problem.type },
      notTried: left.map(tellChange),
    }),
  }
  if (failed === undefined) {
    terminal.answer(told, `Applied: ${countPlan(changes)}`)
    return
  }
  const lines = [
    ...done.map((change) => `done       ${nameOf(change)}`),
    `failed     ${nameOf(failed.change)}`,
    ...left.map((change) => `not tried  ${nameOf(change)}`),
  ]
  terminal.answer(told, lines.join('\n'))
  const { detail, next = '' } = failed.problem
  throw new CommandError(`${detail} ${next} What was done before it stays; apply the file again.`)
}

const nameOf = ({ action, agent, connection }: PlannedChange) =>
  `${action} ${agent} → ${connection}`

/** Everything that a plan or an export is made from. */
async function readState(
  client: Client,
  files: readonly ReadPolicyFile[],
  only: { readonly agentId?: string; readonly connectionId?: string } = {},
): Promise<VaultState> {
  const [agents, connections] = [await listAllAgents(client), await listAllConnections(client)]
  const policies = await everyPage<Policy>(async (cursor) => {
    const page = await client.call('listPolicies', { limit: pageRowsMax, ...only, ...cursor })
    return { rows: page.policies, nextCursor: page.nextCursor }
  })
  const inFiles = files.flatMap(({ content }) => content.policies ?? [])
  const meant = new Set([
    ...policies.flatMap(({ tools = [] }) => tools.map(({ toolsetId }) => toolsetId)),
    ...inFiles.flatMap(({ tools = [] }) => tools.map(({ toolset }) => toolset)),
  ])
  const toolsets = meant.size === 0 ? [] : await listNamedToolsets(client, meant)
  return { agents, connections, policies, toolsets }
}

/** Reads all files, or says what is wrong with any of them. */
async function readFiles(
  { terminal, streams }: CommandContext,
  names: readonly string[],
): Promise<ReadPolicyFile[]> {
  const read: ReturnType<typeof readPolicyFile>[] = []
  for (const name of names) {
    const text = await readText(name, streams.stdin)
    read.push(readPolicyFile(name === '-' ? 'stdin' : name, text))
  }
  const faults = read.flatMap((one) => ('content' in one ? [] : [...one]))
  if (faults.length > 0) throw refusal(terminal, faults)
  return read.flatMap((one) => ('content' in one ? [one] : []))
}

/** Says each fault on a line of its own; with --json they are the answer. */
function refusal(terminal: Terminal, faults: readonly FileFault[]): CommandError {
  if (terminal.json) terminal.answer({ faults }, '')
  else for (const fault of faults) terminal.note(writeFault(fault))
  const count = faults.length === 1 ? 'One thing is' : `${faults.length} things are`
  return new CommandError(`${count} wrong in what was read. Nothing was done.`)
}

function reportTests(terminal: Terminal, tested: readonly TestedPolicy[]): void {
  if (tested.length === 0) {
    throw new CommandError('There is no test in what was read: write some under `tests:`.')
  }
  const failed = tested.filter(({ differences }) => differences.length > 0)
  const counts = `${tested.length - failed.length} of ${tested.length} tests passed.`
  terminal.answer(
    { passed: tested.length - failed.length, tests: tested },
    [...tested.flatMap(describeTest), counts].join('\n'),
  )
  if (failed.length > 0) {
    throw new CommandError(`${failed.length === 1 ? 'One test' : `${failed.length} tests`} failed.`)
  }
}

function deliver(
  terminal: Terminal,
  { value, text, output }: { value: unknown; text: string; output: string | undefined },
): void {
  if (output === undefined) {
    terminal.answer(value, text)
    return
  }
  writeFileSync(output, `${text}\n`)
  terminal.note(`Written to ${output}.`)
}
