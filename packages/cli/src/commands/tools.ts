import type { Tool, ToolRequest } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { Command } from 'commander'
import { CommandError, type Terminal, table } from '../terminal.ts'
import { convertArguments } from '../tools/convert-arguments.ts'
import { propertiesOf, requiredOf, wordOfType } from '../tools/read-schema.ts'
import { outcomeOf } from '../tools/show-result.ts'
import { untrustedBlock, windowWidth } from '../untrusted-block.ts'
import { findAgent } from './lookup.ts'
import { readText } from './read-text-file.ts'
import type { RunCommand } from './run-command.ts'
import { findTool, findToolset } from './tool-lookups.ts'

/** `sallyport tools …`: what agents can be granted, one by one. */
export function addToolCommands(program: Command, run: RunCommand): void {
  const tools = program.command('tools').description('Tools: what they take, and trying them')

  tools
    .command('list [toolset]')
    .description('List tools, by toolset and name')
    .option('--search <text>', 'in names and descriptions')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(
        async (
          { terminal, owner },
          [toolset, options]: [string | undefined, { search?: string; cursor?: string }],
        ) => {
          const client = await owner()
          const within =
            toolset === undefined ? {} : { toolsetId: (await findToolset(client, toolset)).id }
          const page = await client.call('listTools', { ...within, ...options })
          const rows = page.tools.map((tool) => [
            `${tool.toolset}.${tool.name}`,
            tool.status,
            tool.method ?? '',
            tool.url ?? '',
            String(tool.agents),
            firstLine(tool.description),
          ])
          const text = table(['tool', 'status', 'method', 'url', 'agents', 'what it does'], rows)
          terminal.answer(
            page,
            page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text,
          )
        },
      ),
    )

  tools
    .command('show <tool>')
    .description('Show a tool, such as stock-index.get_index, with its arguments')
    .action(
      run(async ({ terminal, owner, streams }, [wanted]: [string]) => {
        const tool = await findTool(await owner(), wanted)
        terminal.answer({ tool }, showTool(tool, windowWidth(streams.stderr)))
      }),
    )
  addCallCommand(tools, run)
}

const descriptionCharsMax = 80
const firstLine = (text: string): string => {
  const [line = ''] = text.split('\n')
  return line.length > descriptionCharsMax ? `${line.slice(0, descriptionCharsMax - 1)}…` : line
}

function showTool(tool: Tool, width: number): string {
  const { inputSchema: schema } = tool
  const required = new Set(requiredOf(schema))
  const rows = [...propertiesOf(schema, schema)].map(([name, member]) => [
    name,
    wordOfType(member, schema),
    required.has(name) ? 'yes' : '',
    firstLine(typeof member.description === 'string' ? member.description : ''),
  ])
  return [
    `${tool.toolset}.${tool.name}  (${tool.mcpName})  ${tool.status}`,
    `${tool.method ?? ''} ${tool.url ?? ''}`.trim(),
    untrustedBlock(tool.description, { width }),
    table(['argument', 'type', 'required', 'what it is'], rows),
  ].join('\n')
}

interface CallOptions {
  readonly args?: string
  readonly dryRun?: boolean
  readonly as?: string
}

function addCallCommand(tools: Command, run: RunCommand): void {
  tools
    .command('call <tool> [arguments...]')
    .description('Call a tool as the owner: key=value, key:=JSON, body.key=value')
    .option('--args <json>', 'the arguments as a JSON object (- for stdin)')
    .option('--dry-run', 'show the request and send nothing')
    .option('--as <agent>', 'show what would become of it for this agent; nothing is sent')
    .action(
      run(
        async (
          { terminal, owner, streams },
          [wanted, words, options]: [string, string[], CallOptions],
        ) => {
          const given = await readArguments(options.args, streams.stdin)
          const client = await owner()
          const tool = await findTool(client, wanted)
          const answer = await callTool(client, tool, { words, options, given })
          tell(terminal, { tool, answer }, windowWidth(streams.stderr))
        },
      ),
    )
}

interface Calling {
  readonly words: readonly string[]
  readonly options: CallOptions
  readonly given: Record<string, unknown>
}

async function callTool(
  client: Client,
  { id, inputSchema }: Tool,
  { words, options, given }: Calling,
) {
  const as = options.as === undefined ? {} : { asAgentId: (await findAgent(client, options.as)).id }
  return client.call('tryTool', {
    toolId: id,
    arguments: convertArguments(words, inputSchema, given),
    send: options.dryRun !== true && options.as === undefined,
    ...as,
  })
}

async function readArguments(
  text: string | undefined,
  stdin: NodeJS.ReadStream,
): Promise<Record<string, unknown>> {
  if (text === undefined) return {}
  try {
    const parsed: unknown = JSON.parse(text === '-' ? await readText('-', stdin) : text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>
    }
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
  }
  throw new CommandError('--args must be a JSON object.')
}

function tell(
  terminal: Terminal,
  { tool, answer }: { readonly tool: Tool; readonly answer: Awaited<ReturnType<typeof callTool>> },
  width: number,
): void {
  const { request, decision, sent } = answer
  if (sent === undefined) {
    const said = decision === undefined ? [] : [`${decision.outcome}: ${decision.reason}`]
    terminal.answer(answer, [...said, showRequest(request, width)].join('\n'))
    return
  }
  const { text, failure } = outcomeOf(tool, sent)
  terminal.answer(answer, text)
  if (failure !== undefined) throw new CommandError(failure)
}

const textOf = (body: unknown): string => {
  if (body === undefined || body === null) return ''
  return typeof body === 'string' ? body : JSON.stringify(body, null, 2)
}

function showRequest({ method, url, headers, body }: ToolRequest, width: number): string {
  return [
    `${method} ${url}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : ['', untrustedBlock(textOf(body), { width })]),
  ].join('\n')
}
