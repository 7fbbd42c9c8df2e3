import type { JsonSchema, Tool } from '@sallyport/contracts'
import { printable, shellWord } from '../terminal.ts'
import { propertiesOf, requiredOf, wordOfType } from './read-schema.ts'

/** One tool, with an example that was run or why there is none. */
export interface SkillTool {
  readonly tool: Pick<
    Tool,
    'name' | 'toolset' | 'mcpName' | 'description' | 'inputSchema' | 'annotations' | 'deprecated'
  > & { readonly binding: Pick<Tool['binding'], 'kind'> }
  readonly example:
    | {
        readonly args: Readonly<Record<string, unknown>>
        readonly status: number
        readonly answer: string
      }
    | { readonly none: string }
}

interface Skill {
  readonly name: string
  readonly title: string | undefined
  readonly description: string | undefined
  readonly tools: readonly SkillTool[]
  /** The day on which the examples were run: YYYY-MM-DD. */
  readonly day: string
}

/** What agents' clients take of a skill's description. */
const descriptionCharsMax = 1000

/** A SKILL.md: YAML front matter, then a section for each tool with its arguments and an example. */
export function writeSkill({ name, title, description, tools, day }: Skill): string {
  const names = tools.map(({ tool }) => tool.name)
  const titled = title === name ? undefined : title
  const about = oneLine(description ?? titled ?? `The tools of ${name}.`)
  const ended = /[.!?]$/.test(about) ? about : `${about}.`
  const when = `Use it for ${listOf(names.slice(0, 12))}${names.length > 12 ? ' and more' : ''}.`
  return `${[
    '---',
    `name: ${name}`,
    `description: ${JSON.stringify(`${ended} ${when}`.slice(0, descriptionCharsMax))}`,
    '---',
    '',
    `# ${oneLine(title ?? name)}`,
    '',
    ...(description === undefined || description.trim() === '' ? [] : [quoted(description), '']),
    'Calls go through the Sallyport vault, which puts the credential on: no key is needed here, and none is to be asked for.',
    '',
    `- with mcporter: \`mcporter call ${name}.<tool> key=value\``,
    `- as MCP tools of the server \`${name}\`, by the names below; in a list of all tools they are called \`${name}__<tool>\``,
    '',
    'An answer with `approvalRequired` means that an owner has to say yes first: tell the person, and call again with the same arguments later.',
    '',
    ...tools.flatMap((one) => sectionOf(one, day)),
  ]
    .join('\n')
    .trimEnd()}\n`
}

/** What others wrote, on one line, with what hides or steers made visible (S-28). */
const oneLine = (text: string) => printable(text.replaceAll(/\s+/g, ' ').trim())
const lines = (text: string) => text.trim().split('\n').map(printable).join('\n')
/** A document's words stay within their quotation: no heading, fence or comment of theirs reaches beyond it. */
const quoted = (text: string) =>
  lines(text)
    .replaceAll('<!--', '&lt;!--')
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n')
const listOf = (names: readonly string[]) => names.join(', ')

function sectionOf({ tool, example }: SkillTool, day: string): string[] {
  const { inputSchema: schema, annotations } = tool
  const kind = annotations.readOnlyHint === true ? 'Reads only.' : 'It changes something.'
  const destructive = annotations.destructiveHint === true && annotations.readOnlyHint !== true
  return [
    `## ${tool.name}`,
    '',
    ...(tool.description.trim() === '' ? [] : [quoted(tool.description), '']),
    [kind, destructive && 'It may take things away.', tool.deprecated && 'It is deprecated.']
      .filter(Boolean)
      .join(' '),
    '',
    ...argumentsOf(schema),
    '',
    ...exampleOf(tool, example, day),
    '',
  ]
}

function argumentsOf(schema: JsonSchema): string[] {
  const rows = rowsOf(schema, schema, '')
  if (rows.length === 0) return ['It takes no arguments.']
  return [
    '| argument | type | required | what it is |',
    '| --- | --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.map(cell).join(' | ')} |`),
  ]
}

const rowsMax = 60

/** Members of `body` are arguments of their own to people. */
function rowsOf(at: JsonSchema, root: JsonSchema, prefix: string): string[][] {
  const required = new Set(requiredOf(at))
  return [...propertiesOf(at, root)]
    .flatMap(([name, member]) => {
      const { description, default: preset } = member
      const said = typeof description === 'string' ? oneLine(description) : ''
      const what =
        preset === undefined ? said : `${said} Default: ${JSON.stringify(preset)}.`.trim()
      const own = [
        `\`${prefix}${name}\``,
        wordOfType(member, root),
        required.has(name) ? 'yes' : '',
        what,
      ]
      return prefix === '' && name === 'body' ? [own, ...rowsOf(member, root, 'body.')] : [own]
    })
    .slice(0, rowsMax)
}

const cell = (text: string) => oneLine(text).replaceAll('|', '\\|')

const answeredBy = { mcp: 'The server answered:', sql: 'The database answered:' } as const

function exampleOf(
  { toolset, name, binding }: SkillTool['tool'],
  example: SkillTool['example'],
  day: string,
): string[] {
  if ('none' in example) return [`No example: ${example.none}`]
  const { args, status, answer } = example
  const words = isPlain(args)
    ? Object.entries(args).map(([key, value]) => wordFor(key, value))
    : ['--args', shellWord(JSON.stringify(args))]
  const call = lines(['mcporter call', `${toolset}.${name}`, ...words].join(' '))
  const shown = lines(answer)
  const [callFence, fence] = [fenceFor(call), fenceFor(shown)]
  return [
    `Example, run on ${day}:`,
    '',
    `${callFence}sh`,
    call,
    callFence,
    '',
    binding.kind === 'http' ? `The API answered with status ${status}:` : answeredBy[binding.kind],
    '',
    `${fence}${binding.kind === 'mcp' ? '' : 'json'}`,
    shown,
    fence,
  ]
}

/**
 * Whether mcporter's `key=value` says the same: there `tool` and `server` name what is called, `true`, `none` and what looks like
 * JSON is no text, and white space at the ends is lost.
 */
const isPlain = (args: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(args).every(
    ([key, value]) =>
      /^\w[\w.-]*$/.test(key) &&
      !['tool', 'server'].includes(key) &&
      (typeof value !== 'string' ||
        (value === value.trim() && !/^(?:|true|false|null|none|\[.*\]|\{.*\})$/s.test(value))),
  )

/** As mcporter reads it: text as it stands, everything else as JSON. */
const wordFor = (key: string, value: unknown): string =>
  shellWord(`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)

/** Longer than any run of backticks in the text, so that nothing of it ends the block. */
function fenceFor(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  return '`'.repeat(longest + 1)
}
