// Reads the configuration files in which people keep their MCP servers: of Claude Code and Desktop, Cursor, VS Code, mcporter,
// OpenCode, ClawGo and MateClaw. Offline: nothing is fetched, run, or looked up in an environment.
import { Problem } from '@sallyport/contracts'
import {
  createVariableNames,
  type Reference,
  referencesOf,
  type VariableNames,
} from './config-text.ts'
import {
  type FoundServer,
  type FoundServers,
  findServers,
  type McpConfigForm,
} from './find-servers.ts'
import { isKeyName } from './known-keys.ts'
import { type DataObject, isList, readJsonc } from './read-jsonc.ts'
import { readServer } from './read-server.ts'
import type { Reading } from './read-texts.ts'
import { type PlainSecret, type ReadServer, type ServerDraft, ServerFault } from './server-draft.ts'

/** The most servers of one file. */
const serversOfFileMax = 200

/** Something that servers of the file refer to, and that has to be given. */
export interface ReadVariable {
  readonly name: string
  /** `sealed`: a variable of the vault. `plain`: a text for a URL or for args, where nothing is sealed and nothing is kept secret. */
  readonly kind: 'sealed' | 'plain'
  readonly description?: string
  /** What the file itself takes where nothing is given; may be empty. */
  readonly proposal?: string
  /** Answers to choose from, as VS Code offers them. */
  readonly options?: readonly string[]
  /** Where: `github: headers.Authorization`. */
  readonly usedBy: readonly string[]
}

/** A file, and what would become of it. */
export interface McpConfigReading {
  readonly form: McpConfigForm
  readonly servers: readonly ReadServer[]
  readonly variables: readonly ReadVariable[]
  readonly notes: readonly string[]
}

/**
 * Whether a text is such a file, by its form alone: what is none is for other readers.
 * @throws nothing
 */
export function isMcpConfig(text: string): boolean {
  if (!/^\ufeff?\s*(?:[{[]|\/[/*])/.test(text)) return false
  try {
    return findServers(readJsonc(text)) !== undefined
  } catch {
    // Servers stand in it by the look of it, and what is wrong with it is worth saying.
    return /"(?:mcpServers|mcp)"\s*:\s*\{/.test(text)
  }
}

/**
 * Reads such a file. One server that cannot be taken does not hold up the others.
 * @throws Problem `document-refused` where it is no JSON, holds no servers, or too many
 */
export function readMcpConfig(text: string): McpConfigReading {
  const found = findServers(readJsonc(text))
  if (found === undefined) {
    throw new Problem('document-refused', 'It holds no MCP servers.', {
      next: 'Servers stand under mcpServers, servers (VS Code), tools.mcp.servers (ClawGo) or mcp (OpenCode).',
    })
  }
  if (found.servers.length > serversOfFileMax) {
    throw new Problem('document-refused', `It has more than ${serversOfFileMax} servers.`)
  }
  const variableNames = createVariableNames()
  const inputs = readInputs(found, variableNames)
  const nameOf = createServerNames(found.servers)
  const servers = found.servers.map((one) => readOne(one, { found, inputs, nameOf, variableNames }))
  return {
    form: found.form,
    servers,
    variables: gatherVariables(servers, inputs),
    notes: [
      ...found.notes,
      ...(found.leftOver.length === 0 ? [] : [`Left out of the file: ${listed(found.leftOver)}.`]),
    ],
  }
}

const listedMax = 10
const listed = (names: readonly string[]) =>
  names
    .slice(0, listedMax)
    .map((name) => JSON.stringify(name.slice(0, 60)))
    .join(', ') + (names.length > listedMax ? ` and ${names.length - listedMax} more` : '')

interface Context {
  readonly found: FoundServers
  readonly inputs: ReadonlyMap<string, Input>
  readonly nameOf: (key: string) => string
  readonly variableNames: VariableNames
}

function readOne(one: FoundServer, { found, inputs, nameOf, variableNames }: Context): ReadServer {
  const reasons: string[] = []
  const secrets: PlainSecret[] = []
  const { form, timeoutSeconds } = found
  const reading: Reading = {
    key: one.key,
    rules: {
      takesBareNames: form === 'mateclaw' || form === 'clawgo',
      takesBraces: form === 'opencode',
      nameOf: variableNames,
    },
    nameOf: variableNames,
    isSecretVariable: (variable) => inputs.get(variable)?.isPassword === true,
    reasons,
    secrets,
  }
  try {
    const more = timeoutSeconds === undefined ? {} : { timeoutSeconds }
    const draft = readServer(one, reading, { form, nameOf, ...more })
    const changed =
      draft.name === one.key ? reasons : [`It is called ${draft.name} here.`, ...reasons]
    const outcome = changed.length === 0 ? 'taken' : 'changed'
    return { key: one.key, outcome, reasons: changed, draft, secrets }
  } catch (thrown) {
    if (!(thrown instanceof ServerFault)) throw thrown
    return { key: one.key, outcome: 'refused', reasons: [thrown.message], secrets: [] }
  }
}

const nameCharsMax = 128

/** Names as the vault takes them. A second server of one name is refused: which of the two is meant is not ours to say. */
function createServerNames(servers: readonly FoundServer[]): (key: string) => string {
  const taken = new Set<string>()
  const keys = new Set(servers.map(({ key }) => key))
  return (key) => {
    const fit = key
      .replaceAll(/[^A-Za-z0-9_. -]+/g, '-')
      .replaceAll(/^[- ]+|[- ]+$/g, '')
      .slice(0, nameCharsMax - 4)
      .trim()
    if (fit === '' || key === '__proto__') throw new ServerFault('Its name is none.')
    if (taken.has(key)) throw new ServerFault('Another server of the file has this name.')
    let name = fit
    for (let count = 2; taken.has(name) || (name !== key && keys.has(name)); count++) {
      name = `${fit}-${count}`
    }
    taken.add(name)
    return name
  }
}

interface Input {
  readonly description?: string
  readonly proposal?: string
  readonly options?: readonly string[]
  readonly isPassword: boolean
}

/** VS Code’s questions, by the names of their variables. */
function readInputs({ inputs }: FoundServers, nameOf: VariableNames): ReadonlyMap<string, Input> {
  const known = new Map<string, Input>()
  for (const { id, description, default: proposal, options, password } of inputs) {
    if (typeof id !== 'string') continue
    const choices = isList(options)
      ? options.map(optionText).filter((one) => one !== undefined)
      : []
    known.set(nameOf(`input:${id}`), {
      isPassword: password === true,
      ...(typeof description === 'string' && { description: description.slice(0, 500) }),
      ...(typeof proposal === 'string' && { proposal }),
      ...(choices.length > 0 && { options: choices }),
    })
  }
  return known
}

function optionText(option: unknown): string | undefined {
  if (typeof option === 'string') return option
  const value = typeof option === 'object' ? (option as DataObject | null)?.value : undefined
  return typeof value === 'string' ? value : undefined
}

/** Every text of a server, with where it stands and whether it is sealed. */
function* textsOf({ command, args, cwd, url, env, headers }: ServerDraft) {
  for (const [where, text] of Object.entries({ command, cwd, url })) {
    if (text !== undefined) yield { where, text, kind: 'plain' as const }
  }
  for (const [index, text] of args.entries()) {
    yield { where: `args[${index}]`, text, kind: 'plain' as const }
  }
  for (const [kind, texts] of Object.entries({ env, headers })) {
    for (const [name, text] of Object.entries(texts)) {
      yield { where: `${kind}.${name}`, text, kind: 'sealed' as const }
    }
  }
}

function gatherVariables(
  servers: readonly ReadServer[],
  inputs: ReadonlyMap<string, Input>,
): ReadVariable[] {
  const found = new Map<string, { kinds: Set<string>; usedBy: string[]; proposal?: string }>()
  const add = ({ variable, proposal }: Reference, kind: string, where: string) => {
    const one = found.get(variable) ?? { kinds: new Set(), usedBy: [] }
    found.set(variable, one)
    one.kinds.add(kind)
    one.usedBy.push(where)
    if (proposal !== undefined) one.proposal ??= proposal
  }
  for (const { key, draft } of servers) {
    if (draft === undefined) continue
    for (const { where, text, kind } of textsOf(draft)) {
      for (const reference of referencesOf(text)) add(reference, kind, `${key}: ${where}`)
    }
  }
  return [...found].map(([name, { kinds, usedBy, proposal }]) => {
    const input = inputs.get(name)
    const proposed = proposal ?? input?.proposal
    const isKey = isKeyName(name) || input?.isPassword === true
    return {
      name,
      // What stands in plain somewhere is no secret, wherever else it stands.
      kind: kinds.has('plain') ? 'plain' : 'sealed',
      ...(input?.description !== undefined && { description: input.description }),
      ...(input?.options !== undefined && { options: input.options }),
      ...(proposed !== undefined && !(isKey && proposed === '') && { proposal: proposed }),
      usedBy: [...new Set(usedBy)],
    }
  })
}
