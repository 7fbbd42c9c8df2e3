import type { AllowEntry, HttpMethod, Policy, PolicyDocument } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import { CommandError, table } from '../terminal.ts'
import { findPolicy, grantAccess } from './grant-access.ts'
import { listAllAgents, listAllConnections } from './lookup.ts'
import { findPair, getNamedPolicy } from './named-policy.ts'
import { collect, readCount, readMethod } from './option-values.ts'
import { addPolicyFileCommands } from './policy-files.ts'
import { readText } from './read-text-file.ts'
import type { RunCommand } from './run-command.ts'
import { addPolicyHistoryCommands } from './simulate-policy.ts'

interface AllowOptions {
  readonly method?: HttpMethod[]
  readonly path?: string[]
  readonly origin?: string
  readonly approval?: 'always' | 'writes' | 'never'
  readonly perMinute?: number
  readonly perHour?: number
  readonly perDay?: number
  readonly concurrent?: number
  readonly until?: string
}

/** `sallyport policies …`: what each agent may do with each connection. */
export function addPolicyCommands(program: Command, run: RunCommand): void {
  const policies = program.command('policies').description('What agents may do')

  policies
    .command('allow <agent> <connection>')
    .description('Allow methods and paths; adds to the policy that is there')
    .option(
      '--method <method>',
      'GET, HEAD, POST, PUT, PATCH or DELETE (repeat; default GET)',
      readMethod,
    )
    .option(
      '--path <pattern>',
      'a path; * inside a segment, /** at the end (repeat; default /**)',
      collect,
    )
    .option('--origin <origin>', 'where the connection has more than one')
    .addOption(
      new Option('--approval <mode>', 'when an owner is asked about it').choices([
        'always',
        'writes',
        'never',
      ]),
    )
    .option('--per-minute <n>', 'how many requests', readCount)
    .option('--per-hour <n>', 'how many requests', readCount)
    .option('--per-day <n>', 'how many requests', readCount)
    .option('--concurrent <n>', 'requests at the same time', readCount)
    .option('--until <time>', 'end date, RFC 3339')
    .action(
      run(
        async (
          { terminal, owner },
          [agent, connection, options]: [string, string, AllowOptions],
        ) => {
          const policy = await allow(await owner(), { agent, connection }, options)
          terminal.answer({ policy }, describe(policy))
        },
      ),
    )

  policies
    .command('set <agent> <connection> <file>')
    .description('Replace the whole policy by a JSON document (a file, or - for stdin)')
    .action(
      run(async (context, [agent, connection, file]: [string, string, string]) => {
        const { terminal, owner, streams } = context
        const document = parseDocument(await readText(file, streams.stdin), file)
        const client = await owner()
        const { origins: _, ...where } = await findPair(client, { agent, connection })
        const current = await findPolicy(client, where)
        const { policy } =
          current === undefined
            ? await client.call('createPolicy', { ...document, ...where })
            : await client.call('replacePolicy', {
                ...document,
                policyId: current.id,
                version: current.version,
              })
        terminal.answer({ policy }, describe(policy))
      }),
    )
  addPolicyReads(policies, run)
  addPolicyHistoryCommands(policies, run)
  addPolicyFileCommands(policies, run)
}

function addPolicyReads(policies: Command, run: RunCommand): void {
  policies
    .command('list')
    .description('List policies, newest first')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [{ cursor?: string }]) => {
        const client = await owner()
        const page = await client.call('listPolicies', options)
        const names = await readNames(client)
        const rows = page.policies.map((policy) => [
          policy.id,
          names.get(policy.agentId) ?? policy.agentId,
          names.get(policy.connectionId) ?? policy.connectionId,
          policy.approval,
          policy.allow.map(shortEntry).join('; '),
        ])
        const text = table(['id', 'agent', 'connection', 'approval', 'allows'], rows)
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )

  policies
    .command('show <policy-or-agent> [connection]')
    .description('Show a policy, by its id or by agent and connection')
    .action(
      run(async ({ terminal, owner }, [wanted, connection]: [string, string | undefined]) => {
        const policy = await getNamedPolicy(await owner(), wanted, connection)
        terminal.answer({ policy }, JSON.stringify(policy, null, 2))
      }),
    )

  policies
    .command('delete <policy-or-agent> [connection]')
    .description('Take the access away, by the policy’s id or by agent and connection')
    .action(
      run(async ({ terminal, owner }, [wanted, connection]: [string, string | undefined]) => {
        const client = await owner()
        const { id: policyId } = await getNamedPolicy(client, wanted, connection)
        const answer = await client.call('deletePolicy', { policyId })
        terminal.answer(answer, 'The policy is deleted: the access has ended.')
      }),
    )
}

const shortEntry = ({ methods, paths, approval }: AllowEntry) =>
  `${methods} ${paths.join(' ')}${approval === undefined ? '' : ` (${approval})`}`

/** What people call the agents and connections that the list names by id. */
async function readNames(client: Client): Promise<ReadonlyMap<string, string>> {
  const agents = await listAllAgents(client)
  const connections = await listAllConnections(client)
  return new Map([
    ...agents.map(({ id, name }) => [id, name] as const),
    ...connections.map(({ id, label }) => [id, label] as const),
  ])
}

async function allow(
  client: Client,
  names: { agent: string; connection: string },
  options: AllowOptions,
): Promise<Policy> {
  const { origins, ...pair } = await findPair(client, names)
  const { perMinute, perHour, perDay, concurrent } = options
  return grantAccess(client, pair, {
    entries: [readEntry(options, origins)],
    approval: options.approval,
    expiresAt: options.until,
    limits: {
      ...(perMinute !== undefined && { perMinute }),
      ...(perHour !== undefined && { perHour }),
      ...(perDay !== undefined && { perDay }),
      ...(concurrent !== undefined && { concurrent }),
    },
  })
}

function readEntry(options: AllowOptions, origins: readonly string[]): AllowEntry {
  const [origin, ...others] = options.origin === undefined ? origins : [options.origin]
  if (origin === undefined || others.length > 0) {
    throw new CommandError(
      `The connection has several origins: choose with --origin (${origins.join(', ')}).`,
    )
  }
  return { origin, methods: options.method ?? ['GET'], paths: options.path ?? ['/**'] }
}

/** The vault checks the document and names what is wrong with it. */
function parseDocument(text: string, file: string): PolicyDocument {
  try {
    return JSON.parse(text) as PolicyDocument
  } catch {
    throw new CommandError(`${file === '-' ? 'stdin' : file} is not JSON. Nothing was changed.`)
  }
}

const describe = (policy: Policy) =>
  [
    `${policy.id}  version ${policy.version}  approval: ${policy.approval}`,
    ...policy.allow.map(describeEntry),
    ...describeOptions(policy),
    ...Object.entries(policy.limits).map(([name, value]) => `  limit ${name}: ${value}`),
    ...(policy.windows.length > 0 ? [`  only in ${policy.windows.length} time windows`] : []),
    ...(policy.expiresAt === undefined ? [] : [`  until ${policy.expiresAt}`]),
  ].join('\n')

/** What an entry allows, on one line. */
const describeEntry = ({ origin, methods, paths, approval, expiresAt }: AllowEntry) =>
  [
    `  ${methods.join(', ')}  ${origin}  ${paths.join(' ')}`,
    ...(approval === undefined ? [] : [`approval: ${approval}`]),
    ...(expiresAt === undefined ? [] : [`until ${expiresAt}`]),
  ].join('  ')

function describeOptions({ approvalOptions }: Policy): string[] {
  const { expiresInMinutes, freshSignIn, secondOwner } = approvalOptions ?? {}
  return [
    ...(expiresInMinutes === undefined ? [] : [`  an approval ends after ${expiresInMinutes} min`]),
    ...(freshSignIn === true ? ['  approving needs a sign-in of the last 5 minutes'] : []),
    ...(secondOwner === true ? ['  approving needs two owners'] : []),
  ]
}
