import { joinParts } from '../curl/join-parts.ts'
import type {
  ImportedScheme,
  ImportedSecret,
  ImportedTool,
  ImportedToolset,
  ImportInput,
} from '../imported-toolset.ts'
import { chooseScheme, schemeOf, type ToolScheme } from '../yaml-tools/choose-scheme.ts'
import { type ChosenServer, chooseServer } from '../yaml-tools/choose-server.ts'
import { ToolRefused } from '../yaml-tools/tool-refused.ts'
import { type BuiltTool, buildTool } from './build-tool.ts'
import type { ConfigValue } from './config-values.ts'
import type { HigressDocument, HigressTool } from './higress-types.ts'

type Outcome =
  | {
      readonly tool: HigressTool
      readonly built: BuiltTool
      readonly scheme?: ToolScheme | undefined
    }
  | { readonly tool: HigressTool; readonly reason: string }

/** What is known of a document beside its tools. */
export interface ToolsetFacts {
  readonly input: ImportInput
  readonly config: ReadonlyMap<string, ConfigValue>
}

/**
 * Builds all tools of a document, chooses where they go and how they sign in, and gathers what a reader should know.
 * @throws Problem `invalid-input` for a server or a scheme that there is not
 */
export function makeToolset(
  document: HigressDocument,
  { input, config }: ToolsetFacts,
): Pick<ImportedToolset, 'servers' | 'origins' | 'tools' | 'schemes' | 'secrets' | 'notes'> {
  const outcomes = buildAll(document, config)
  const built = outcomes.flatMap((outcome) => ('built' in outcome ? [outcome] : []))
  const server = chooseServer(
    built.map(({ built: { definition } }) => definition.binding.origin),
    input.server,
  )
  const schemes = countSchemes(built)
  const chosen = chooseScheme(schemes, input.securityScheme)
  const tools = withOwnKeys(outcomes).map((outcome) => toTool(outcome, { server, chosen }))
  return {
    servers: server.servers,
    origins: originsOf(tools, server),
    tools,
    schemes,
    secrets: secretsOf(built, { config, nameOf: document.nameOf }),
    notes: [
      ...notesOf(document, schemes, chosen),
      ...server.notes,
      ...unknownVariables(config, { input, nameOf: document.nameOf }),
    ],
  }
}

function buildAll(document: HigressDocument, config: ReadonlyMap<string, ConfigValue>): Outcome[] {
  const seen = new Set<string>()
  return document.tools.map((tool) => {
    try {
      if (tool.refused !== undefined) return { tool, reason: tool.refused }
      if (document.allowed !== undefined && !document.allowed.has(tool.name)) {
        return { tool, reason: 'allowTools leaves it out.' }
      }
      if (seen.has(tool.name)) return { tool, reason: 'Another tool of the document has its name.' }
      seen.add(tool.name)
      const built = buildTool(tool, document, config)
      return { tool, built, scheme: schemeOf(joinParts(built.parts), built) }
    } catch (thrown) {
      if (!(thrown instanceof ToolRefused)) throw thrown
      return { tool, reason: thrown.message }
    }
  })
}

type Built = Extract<Outcome, { built: BuiltTool }>

/** Each way of signing in that tools have, those that most have first. */
function countSchemes(built: readonly Built[]): ImportedScheme[] {
  const counted = new Map<string, ImportedScheme>()
  for (const { scheme } of built) {
    if (scheme === undefined) continue
    const { name, kind, known, reason } = scheme
    const operations = (counted.get(name)?.operations ?? 0) + 1
    counted.set(name, {
      name,
      known,
      operations,
      ...(reason === undefined ? { kind } : { reason }),
    })
  }
  return [...counted.values()].toSorted((one, other) => other.operations - one.operations)
}

/** Keys have to be different, those of tools that are refused too. */
function withOwnKeys(
  outcomes: readonly Outcome[],
): readonly (Outcome & { readonly key: string })[] {
  const keys = new Set<string>()
  return outcomes.map((outcome) => {
    let key = outcome.tool.name.slice(0, 480)
    for (let number = 2; keys.has(key); number += 1)
      key = `${outcome.tool.name.slice(0, 480)} (${number})`
    keys.add(key)
    return { ...outcome, key }
  })
}

function toTool(
  outcome: Outcome & { readonly key: string },
  {
    server,
    chosen,
  }: { readonly server: ChosenServer; readonly chosen: ImportedScheme | undefined },
): ImportedTool {
  const { tool, key } = outcome
  const refused = (reason: string): ImportedTool => ({
    ...{ outcome: 'refused', reason, key, description: tool.description },
    ...(tool.request?.method !== undefined && { method: tool.request.method.toUpperCase() }),
  })
  if ('reason' in outcome) return refused(outcome.reason)
  const { scheme, built } = outcome
  if (scheme?.reason !== undefined) return refused(scheme.reason)
  if (scheme !== undefined && scheme.name !== chosen?.name) {
    return refused(
      `It signs in by “${scheme.name}”, and a toolset has one credential: import the document once more with the security scheme “${scheme.name}”.`,
    )
  }
  const binding = server.place(built.definition.binding)
  const definition = { ...built.definition, key, binding }
  const reason = built.changes.join(' ')
  return reason === ''
    ? { outcome: 'taken', definition }
    : { outcome: 'changed', reason, definition }
}

function originsOf(tools: readonly ImportedTool[], server: ChosenServer): readonly string[] {
  const origins = tools.flatMap((tool) =>
    tool.outcome === 'refused' || tool.definition.binding.origin === ''
      ? []
      : [tool.definition.binding.origin],
  )
  return [
    ...new Set([
      ...(server.origin === '' || origins.length === 0 ? [] : [server.origin]),
      ...origins,
    ]),
  ]
}

/** What stood in the document: the credential of each scheme, and every key of `server.config` that has a value. */
function secretsOf(
  built: readonly Built[],
  { config, nameOf }: Pick<ToolsetFacts, 'config'> & Pick<HigressDocument, 'nameOf'>,
): readonly ImportedSecret[] {
  const secrets = new Map<string, ImportedSecret>()
  for (const { scheme, built: one } of built) {
    for (const part of one.parts) {
      if (part.value === undefined || secrets.has(part.where)) continue
      secrets.set(part.where, {
        ...{ where: part.where, value: part.value },
        ...(scheme !== undefined && { scheme: scheme.name }),
        ...(scheme?.credential !== undefined && { credential: scheme.credential }),
      })
    }
  }
  for (const { path, text, isSecret, isGiven } of config.values()) {
    const where = nameOf(path)
    if (isSecret && isGiven && !secrets.has(where)) secrets.set(where, { where, value: text })
  }
  return [...secrets.values()]
}

function notesOf(
  document: HigressDocument,
  schemes: readonly ImportedScheme[],
  chosen: ImportedScheme | undefined,
): string[] {
  const notes: string[] = []
  if (schemes.length > 1 && chosen !== undefined) {
    const others = schemes.filter(({ name }) => name !== chosen.name).map(({ name }) => `“${name}”`)
    notes.push(
      `Tools sign in by “${chosen.name}”. Those that sign in otherwise (${others.join(', ')}) need a toolset of their own.`,
    )
  }
  if (schemes.some(({ kind }) => kind === 'caller')) {
    notes.push(
      'With passthrough each caller sends a credential of its own with every call, and the vault keeps none: whoever sets an agent up has to give it one. Where agents are to hold none, take another scheme, or give the toolset a key.',
    )
  }
  if (
    document.downstream !== undefined ||
    document.tools.some(({ security }) => security !== undefined)
  ) {
    notes.push(
      'How clients sign in to Higress is left out: the vault’s own agents, tokens and grants say who may call.',
    )
  }
  return notes
}

function unknownVariables(
  config: ReadonlyMap<string, ConfigValue>,
  { input, nameOf }: Pick<ToolsetFacts, 'input'> & Pick<HigressDocument, 'nameOf'>,
): string[] {
  return Object.keys(input.variables ?? {})
    .filter((name) => !config.has(name))
    .map(
      (name) =>
        `The document has no ${nameOf(name).slice(0, 100)}: the value that was given for it is not used.`,
    )
}
