import { readFileSync } from 'node:fs'
import {
  type AllowEntry,
  HttpMethod,
  type Limits,
  type Policy,
  type PolicyDocument,
} from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import { CommandError, table } from '../terminal.ts'
import { everyPage, findAgent, findConnection } from './lookup.ts'
import type { RunCommand } from './run-command.ts'

interface AllowOptions {
  readonly method?: string[]
  readonly path?: string[]
  readonly origin?: string
  readonly approval?: 'always' | 'writes' | 'never'
  readonly perMinute?: number
  readonly perHour?: number
  readonly perDay?: number
  readonly concurrent?: number
  readonly until?: string
}

const collect = (value: string, before: string[] = []) => [...before, value]

/** `sallyport policies …`: what each agent may do with each connection. */
export function addPolicyCommands(program: Command, run: RunCommand): void {
  const policies = program.command('policies').description('What agents may do')

  policies
    .command('allow <agent> <connection>')
    .description('Allow methods and paths; adds to the policy that is there')
    .option(
      '--method <method>',
      'GET, HEAD, POST, PUT, PATCH or DELETE (repeat; default GET)',
      collect,
    )
    .option(
      '--path <pattern>',
      'a path; * inside a segment, /** at the end (repeat; default /**)',
      collect,
    )
    .option('--origin <origin>', 'where the connection has more than one')
    .addOption(
      new Option('--approval <mode>', 'when an owner is asked').choices([
        'always',
        'writes',
        'never',
      ]),
    )
    .option('--per-minute <n>', 'limit', Number)
    .option('--per-hour <n>', 'limit', Number)
    .option('--per-day <n>', 'limit', Number)
    .option('--concurrent <n>', 'requests at the same time', Number)
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
      run(async ({ terminal, owner }, [agent, connection, file]: [string, string, string]) => {
        const document = parseDocument(readFileSync(file === '-' ? 0 : file, 'utf8'), file)
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
}

function addPolicyReads(policies: Command, run: RunCommand): void {
  policies
    .command('list')
    .description('List policies, newest first')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [{ cursor?: string }]) => {
        const page = await (await owner()).call('listPolicies', options)
        const rows = page.policies.map((policy) => [
          policy.id,
          policy.agentId,
          policy.connectionId,
          policy.approval,
          String(policy.allow.length),
        ])
        const text = table(['id', 'agent', 'connection', 'approval', 'entries'], rows)
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )

  policies
    .command('show <policy>')
    .description('Show a policy by its id')
    .action(
      run(async ({ terminal, owner }, [policyId]: [string]) => {
        const answer = await (await owner()).call('getPolicy', { policyId })
        terminal.answer(answer, JSON.stringify(answer.policy, null, 2))
      }),
    )

  policies
    .command('delete <policy>')
    .description('Take the access away')
    .action(
      run(async ({ terminal, owner }, [policyId]: [string]) => {
        terminal.answer(
          await (await owner()).call('deletePolicy', { policyId }),
          'The policy is deleted.',
        )
      }),
    )
}

interface Pair {
  readonly agentId: string
  readonly connectionId: string
}

async function findPair(
  client: Client,
  names: { agent: string; connection: string },
): Promise<Pair & { origins: readonly string[] }> {
  const agent = await findAgent(client, names.agent)
  const connection = await findConnection(client, names.connection)
  return { agentId: agent.id, connectionId: connection.id, origins: connection.origins }
}

async function findPolicy(client: Client, pair: Pair): Promise<Policy | undefined> {
  const [policy] = await everyPage(async (cursor) => {
    const { agentId, connectionId } = pair
    const page = await client.call('listPolicies', { agentId, connectionId, ...cursor })
    return { rows: page.policies, nextCursor: page.nextCursor }
  })
  return policy
}

async function allow(
  client: Client,
  names: { agent: string; connection: string },
  options: AllowOptions,
): Promise<Policy> {
  const { origins, ...pair } = await findPair(client, names)
  const entry = readEntry(options, origins)
  const current = await findPolicy(client, pair)
  const limits: Limits = {
    ...current?.limits,
    ...(options.perMinute !== undefined && { perMinute: options.perMinute }),
    ...(options.perHour !== undefined && { perHour: options.perHour }),
    ...(options.perDay !== undefined && { perDay: options.perDay }),
    ...(options.concurrent !== undefined && { concurrent: options.concurrent }),
  }
  const expiresAt = options.until ?? current?.expiresAt
  const document = {
    allow: [...(current?.allow ?? []), entry],
    approval: options.approval ?? current?.approval ?? 'writes',
    limits,
    windows: current?.windows ?? [],
    ...(expiresAt !== undefined && { expiresAt }),
  }
  if (current === undefined)
    return (await client.call('createPolicy', { ...pair, ...document })).policy
  const { id: policyId, version } = current
  return (await client.call('replacePolicy', { policyId, version, ...document })).policy
}

function readEntry(options: AllowOptions, origins: readonly string[]): AllowEntry {
  const [origin, ...others] = options.origin === undefined ? origins : [options.origin]
  if (origin === undefined || others.length > 0) {
    throw new CommandError(
      `The connection has several origins: choose with --origin (${origins.join(', ')}).`,
    )
  }
  const methods = (options.method ?? ['GET']).map((method) => {
    const parsed = HttpMethod.safeParse(method)
    if (!parsed.success)
      throw new CommandError(
        `--method ${method} is not one of GET, HEAD, POST, PUT, PATCH, DELETE.`,
      )
    return parsed.data
  })
  return { origin, methods, paths: options.path ?? ['/**'] }
}

/** The vault checks the document and names what is wrong with it. */
function parseDocument(text: string, file: string): PolicyDocument {
  try {
    return JSON.parse(text) as PolicyDocument
  } catch {
    throw new CommandError(`${file} is not JSON. Nothing was changed.`)
  }
}

const describe = (policy: Policy) =>
  [
    `${policy.id}  version ${policy.version}  approval: ${policy.approval}`,
    ...policy.allow.map(
      ({ origin, methods, paths }) => `  ${methods.join(', ')}  ${origin}  ${paths.join(' ')}`,
    ),
  ].join('\n')
