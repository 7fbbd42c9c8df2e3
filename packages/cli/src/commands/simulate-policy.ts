import {
  changeKinds,
  FileToolGrant,
  type InputOf,
  type OutputOf,
  type PolicyDocumentInput,
  simulatedDaysMax,
  simulatedShownMax,
  type simulatePolicy,
  type suggestPolicy,
} from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { readDraft } from '../policy-files/read-draft.ts'
import { toGrants } from '../policy-files/tool-names.ts'
import { writeYaml } from '../policy-files/write-policy-file.ts'
import { CommandError, printable, table } from '../terminal.ts'
import { idOfAgent, idOfConnection, listNamedToolsets } from './lookup.ts'
import { getNamedPolicy } from './named-policy.ts'
import { readCount } from './option-values.ts'
import { readText } from './read-text-file.ts'
import type { RunCommand } from './run-command.ts'

type Simulated = OutputOf<typeof simulatePolicy>
type Suggested = OutputOf<typeof suggestPolicy>

interface SimulateOptions extends Pair {
  readonly draft: string
  readonly days?: number
  readonly change?: (typeof changeKinds)[number]
  readonly limit?: number
  readonly cursor?: string
}

interface Pair {
  readonly agent?: string
  readonly connection?: string
}

interface SuggestOptions {
  readonly days?: number
  readonly entry?: string
}

type Suggesting = [wanted: string, connection: string | undefined, options: SuggestOptions]

/** `sallyport policies simulate|suggest`: what history says of a draft, and of a policy. */
export function addPolicyHistoryCommands(policies: Command, run: RunCommand): void {
  policies
    .command('simulate [policy]')
    .description('Run a draft over the attempts of the last days; nothing is sent or saved')
    .requiredOption('--draft <file>', 'the policy to be tried, YAML or JSON (- for stdin)')
    .option('--agent <agent>', 'whose attempts, where no policy is given (id or name)')
    .option('--connection <connection>', 'at which connection (id or label)')
    .option('--days <n>', `how far back, ${simulatedDaysMax} at most (default 7)`, readDays)
    .addOption(new Option('--change <kind>', 'show these alone').choices([...changeKinds]))
    .option('--limit <n>', `entries on a page, ${simulatedShownMax} at most`, readCount)
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async (context, [policyId, options]: [string | undefined, SimulateOptions]) => {
        const { terminal, owner, streams } = context
        const { draft: file, days, change, limit, cursor } = options
        const name = file === '-' ? 'stdin' : file
        const { document, ...names } = readDraft(name, await readText(file, streams.stdin), options)
        const client = await owner()
        const simulated = await client.call('simulatePolicy', {
          ...(await whose(client, policyId, { named: options, names })),
          draft: await withToolIds(client, document),
          ...(days !== undefined && { days }),
          ...(change !== undefined && { change }),
          ...(limit !== undefined && { limit }),
          ...(cursor !== undefined && { cursor }),
        })
        terminal.answer(simulated, describeSimulated(simulated))
      }),
    )

  policies
    .command('suggest <policy-or-agent> [connection]')
    .description('Say what of a policy is not used, and what would have sufficed')
    .option('--days <n>', `how far back, ${simulatedDaysMax} at most (default 7)`, readDays)
    .option('--entry <id>', 'a denied attempt (aud_…): the smallest change that would allow it')
    .action(
      run(async ({ terminal, owner }, [wanted, connection, options]: Suggesting) => {
        const { days, entry: auditId } = options
        const client = await owner()
        const policyId =
          connection === undefined ? wanted : (await getNamedPolicy(client, wanted, connection)).id
        const suggested = await client.call('suggestPolicy', {
          policyId,
          ...(days !== undefined && { days }),
          ...(auditId !== undefined && { auditId }),
        })
        terminal.answer(suggested, describeSuggested(suggested, auditId !== undefined))
      }),
    )
}

/** A file calls toolsets and tools by their names. */
async function withToolIds(
  client: Client,
  document: PolicyDocumentInput,
): Promise<PolicyDocumentInput> {
  const named = FileToolGrant.array().safeParse(document.tools)
  if (!named.success || named.data.length === 0) return document
  const meant = new Set(named.data.map(({ toolset }) => toolset))
  const { grants, faults } = toGrants(named.data, await listNamedToolsets(client, meant))
  const [first] = faults
  if (first !== undefined) throw new CommandError(`${first.path.join('.')} ${first.message}.`)
  return { ...document, tools: [...grants] }
}

function readDays(text: string): number {
  const days = readCount(text)
  if (days <= simulatedDaysMax) return days
  throw new InvalidArgumentError(`It must be at most ${simulatedDaysMax}.`)
}

/** Of the policy that is given, of the pair that is named, or of the pair that the file names. */
async function whose(
  client: Client,
  policyId: string | undefined,
  { named, names }: { readonly named: Pair; readonly names: Pair },
): Promise<Pick<InputOf<typeof simulatePolicy>, 'policyId' | 'agentId' | 'connectionId'>> {
  if (policyId !== undefined) {
    if (named.agent === undefined && named.connection === undefined) return { policyId }
    throw new CommandError('Give the policy, or --agent and --connection.')
  }
  const { agent = names.agent, connection = names.connection } = named
  if (agent === undefined || connection === undefined) {
    throw new CommandError('Give the policy whose history is wanted, or --agent and --connection.')
  }
  return {
    agentId: await idOfAgent(client, agent),
    connectionId: await idOfConnection(client, connection),
  }
}

function describeSimulated(simulated: Simulated): string {
  const { looked, truncated, entries } = simulated
  const more = truncated ? notAll : ''
  const head = ['at', 'was', 'would be', 'request', 'because', 'entry']
  const rows = entries.map((entry) => [
    entry.at,
    entry.was,
    entry.wouldBe,
    shorten(printable(`${entry.method} ${entry.host}${entry.path}`)),
    printable(entry.reason),
    entry.auditId,
  ])
  return [
    `${looked} attempts since ${simulated.from}${more}`,
    `  the same         ${simulated.same}`,
    `  newly denied     ${simulated.newlyDenied}`,
    `  newly allowed    ${simulated.newlyAllowed}`,
    `  newly asking     ${simulated.newlyAsking}`,
    `  unknown          ${simulated.unknown}`,
    ...(rows.length === 0 ? [] : ['', table(head, rows)]),
    ...(simulated.nextCursor === undefined ? [] : [`More: --cursor ${simulated.nextCursor}`]),
  ].join('\n')
}

const notAll = '; there were more, which were not looked at'

const requestCharsMax = 70

const shorten = (text: string) =>
  text.length > requestCharsMax ? `${text.slice(0, requestCharsMax - 1)}…` : text

function describeSuggested(suggested: Suggested, wasAsked: boolean): string {
  const { looked, from, truncated, unused, narrower, smallest, why } = suggested
  return [
    `${looked} attempts since ${from}${truncated ? notAll : ''}`,
    ...unused.map(describeUnused),
    ...(unused.length === 0 ? ['Everything that it allows was used.'] : []),
    ...(narrower === undefined
      ? []
      : [
          '',
          'For what it let on, this would have sufficed:',
          writeYaml({ allow: narrower.allow }),
        ]),
    ...(wasAsked ? ['', ...describeWay(smallest, why)] : []),
  ].join('\n')
}

function describeUnused({ at, entry, unusedMethods, unusedPaths }: Suggested['unused'][number]) {
  const name = `entry ${at + 1} (${entry.origin})`
  if (unusedMethods.length === entry.methods.length) return `Not used: ${name}`
  const parts = [...unusedMethods, ...unusedPaths]
  return `Not used of ${name}: ${parts.join(', ')}`
}

function describeWay(smallest: Suggested['smallest'], why: string | undefined): string[] {
  if (smallest === undefined)
    return [printable(`No change of the policy would allow it. ${why ?? ''}`)]
  const others =
    smallest.alsoAllows === 0
      ? 'no other denied attempt'
      : `${smallest.alsoAllows} others that were denied`
  return [printable(smallest.sentence), `It would also allow ${others}.`]
}
