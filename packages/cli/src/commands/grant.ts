import type { CallOf, OutputOf, setToolPermission } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import { CommandError, shellWord } from '../terminal.ts'
import { everyPage, findAgent } from './lookup.ts'
import { collect, readCount, readEnd } from './option-values.ts'
import type { RunCommand } from './run-command.ts'
import { findToolset, listToolsOf, splitFullName } from './tool-lookups.ts'

interface GrantOptions {
  readonly agent: string
  readonly tool?: string[]
  readonly approval?: 'always' | 'writes' | 'never'
  readonly perMinute?: number
  readonly perHour?: number
  readonly perDay?: number
  readonly until?: string
  readonly revoke?: boolean
}

type Grant = OutputOf<typeof setToolPermission>['permission']
/** What came of one: which tool, or `*` for all of the toolset. */
interface Granted {
  readonly tool: string
  readonly permission: Grant
}

/** `sallyport grant`: a toolset, or single tools of it, for one agent. */
export function addGrantCommand(program: Command, run: RunCommand): void {
  program
    .command('grant <toolset>')
    .description(
      'Let an agent have a toolset or tools of it, or take them away (id or name); terms that are not named stay',
    )
    .requiredOption('--agent <agent>', 'who gets it (id or name)')
    .option('--tool <tool>', 'only this tool (repeat; default: all, later ones too)', collect)
    .addOption(
      new Option('--approval <mode>', 'when an owner is asked for calls').choices([
        ...['always', 'writes', 'never'],
      ]),
    )
    .option('--per-minute <n>', 'calls of each tool', readCount)
    .option('--per-hour <n>', 'calls of each tool', readCount)
    .option('--per-day <n>', 'calls of each tool', readCount)
    .option('--until <time>', 'end date, RFC 3339', readEnd)
    .option('--revoke', 'take it away')
    .action(
      run(async ({ terminal, owner, settings }, [wanted, options]: [string, GrantOptions]) => {
        const client = await owner()
        const agent = await findAgent(client, options.agent)
        const named = splitFullName(wanted)
        const toolset = await findToolset(client, named.toolset)
        const tools = [...(named.tool === undefined ? [] : [named.tool]), ...(options.tool ?? [])]
        const granted =
          tools.length === 0
            ? [await setToolset(client, { toolsetId: toolset.id, agentId: agent.id, options })]
            : await setTools(client, { toolset, agentId: agent.id, tools, options })
        const lines = granted.map(({ tool, permission }) =>
          say(`${toolset.name}.${tool}`, agent.name, permission),
        )
        terminal.answer(
          { agentId: agent.id, toolsetId: toolset.id, granted },
          [
            ...lines,
            ...(options.revoke === true
              ? []
              : [
                  `Next: npx sallyport connect mcporter --agent ${shellWord(agent.name)}${settings.urlOption}`,
                ]),
          ].join('\n'),
        )
      }),
    )
}

interface Setting {
  readonly agentId: string
  readonly options: GrantOptions
}

async function setToolset(
  client: Client,
  { toolsetId, agentId, options }: Setting & { readonly toolsetId: string },
): Promise<Granted> {
  const { permission } = await client.call('setToolsetPermission', {
    ...{ toolsetId, agentId },
    ...termsOf(options),
  })
  return { tool: '*', permission }
}

async function setTools(
  client: Client,
  {
    toolset,
    agentId,
    tools,
    options,
  }: Setting & {
    readonly toolset: { readonly id: string; readonly name: string }
    readonly tools: readonly string[]
  },
): Promise<Granted[]> {
  const all = await listToolsOf(client, toolset.id)
  // All names are looked at before anything is granted.
  const found = tools.map((wanted) => {
    const plain = wanted.startsWith(`${toolset.name}.`)
      ? wanted.slice(toolset.name.length + 1)
      : wanted
    const tool = all.find(({ name, id }) => name === plain || id === plain)
    if (tool !== undefined) return tool
    throw new CommandError(
      `${toolset.name} has no tool "${wanted}". \`sallyport tools list ${toolset.name}\` shows them.`,
    )
  })
  // What the grant of all tools gives is withheld: to say nothing of the tool would give it, were it for a moment.
  const isWithheld = options.revoke === true && (await hasWhole(client, toolset.id, agentId))
  const granted: Granted[] = []
  for (const { id: toolId, name } of found) {
    const set = (terms: Terms) => client.call('setToolPermission', { toolId, agentId, ...terms })
    let { permission } = await set(isWithheld ? { allowed: false } : termsOf(options))
    if (options.revoke === true && permission.allowed) {
      ;({ permission } = await set({ allowed: false }))
    }
    granted.push({ tool: name, permission })
  }
  return granted
}

/** Has the agent all tools of the toolset, but for what is said of single ones? */
async function hasWhole(client: Client, toolsetId: string, agentId: string): Promise<boolean> {
  const rows = await everyPage(async (cursor) => {
    const page = await client.call('listToolsetPermissions', { toolsetId, limit: 200, ...cursor })
    return { rows: page.permissions, nextCursor: page.nextCursor }
  })
  return rows.some(({ agent, toolset }) => agent.id === agentId && toolset.allowed)
}

type Terms = Omit<CallOf<typeof setToolPermission>, 'toolId' | 'agentId'>

function termsOf({ revoke, approval, perMinute, perHour, perDay, until }: GrantOptions): Terms {
  if (revoke === true) return { allowed: null }
  const limits = {
    ...(perMinute !== undefined && { perMinute }),
    ...(perHour !== undefined && { perHour }),
    ...(perDay !== undefined && { perDay }),
  }
  return {
    // What is not named stays as it was: a limit is never dropped by saying something else.
    ...{ allowed: true, keep: true },
    ...(approval !== undefined && { approval }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(until !== undefined && { expiresAt: until }),
  }
}

const approvalWords = {
  always: 'an owner is asked for each call',
  writes: 'an owner is asked for calls that write',
  never: 'nobody is asked',
} as const

function say(tool: string, agent: string, permission: Grant): string {
  if (!permission.allowed) return `${agent} does not have ${tool}.`
  const { approval, limits, expiresAt } = permission
  const terms = [
    ...(approval === undefined ? [] : [approvalWords[approval]]),
    ...Object.entries(limits ?? {}).map(([name, count]) => `${name} ${count}`),
    ...(expiresAt === undefined ? [] : [`until ${expiresAt}`]),
  ]
  return `${agent} has ${tool}${terms.length === 0 ? '' : `: ${terms.join(', ')}`}.`
}
