// Makes tools of pasted curl commands: what is a secret goes into the credential, what is a value becomes an argument, and nothing is run.
import type { ImportedScheme, ImportedSecret, ImportedTool, Importer } from '../imported-toolset.ts'
import { refuseDocument } from '../refuse-document.ts'
import { toToolsetName } from '../tool-names.ts'
import { type BuiltTool, buildTool } from './build-tool.ts'
import { type CommandScheme, joinParts } from './join-parts.ts'
import { readCommands } from './read-commands.ts'
import { CommandRefused, readRequest } from './read-request.ts'
import type { ShellCommand } from './shell-words.ts'

type Outcome =
  | { readonly built: BuiltTool; readonly scheme: CommandScheme | undefined }
  | { readonly refused: string; readonly line: number }

/**
 * Imports curl commands, one tool each. All go to one origin and take one credential; a command that does not is refused and
 * says so, since a key found with one host must not go to another.
 */
export const importCurl: Importer = ({ document, server, securityScheme }) => {
  const outcomes = readCommands(document).map((command) => readCommand(command, server))
  const built = outcomes.flatMap((outcome) => ('built' in outcome ? [outcome] : []))
  const [only] = outcomes
  if (
    outcomes.length === 1 &&
    only !== undefined &&
    'refused' in only &&
    !needsServer(only.refused)
  ) {
    refuseDocument(`The command cannot be a tool: ${only.refused}.`)
  }
  const origin = built[0]?.built.definition.binding.origin
  const schemes = schemesOf(built.filter(({ built }) => built.definition.binding.origin === origin))
  const chosen = chooseScheme(schemes, securityScheme)
  const tools = withOwnKeys(outcomes.map((outcome) => toTool(outcome, { origin, chosen })))
  return {
    format: 'curl',
    name: toToolsetName(origin === undefined ? 'tools' : nameOfHost(new URL(origin).hostname)),
    servers: origin === undefined ? [] : [{ url: origin, variables: [] }],
    origins: origin === undefined ? [] : [origin],
    tools,
    schemes,
    secrets: secretsOf(built, origin),
    notes: notesOf(built, schemes),
  }
}

const needsServer = (reason: string) => reason.includes('give server')

function readCommand(command: ShellCommand, server: string | undefined): Outcome {
  const { comment, line } = command
  try {
    const built = buildTool(readRequest(command), { server, comment })
    return { built, scheme: joinParts(built.parts) }
  } catch (thrown) {
    if (thrown instanceof CommandRefused) return { refused: thrown.message, line }
    throw thrown
  }
}

/** Each way of signing in that commands have, those that most have first. */
function schemesOf(
  built: readonly { readonly scheme: CommandScheme | undefined }[],
): ImportedScheme[] {
  const counted = new Map<string, { scheme: CommandScheme; operations: number }>()
  for (const { scheme } of built) {
    if (scheme === undefined) continue
    const known = counted.get(scheme.name)
    counted.set(scheme.name, {
      scheme: known?.scheme ?? scheme,
      operations: (known?.operations ?? 0) + 1,
    })
  }
  return [...counted.values()]
    .toSorted((one, other) => other.operations - one.operations)
    .map(({ scheme: { name, kind, known, reason }, operations }) => ({
      ...{ name, known, operations },
      ...(reason === undefined ? { kind } : { reason }),
    }))
}

function chooseScheme(schemes: readonly ImportedScheme[], wanted: string | undefined) {
  if (wanted === undefined) return schemes.find(({ kind }) => kind !== undefined)
  const found = schemes.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  return refuseDocument(`No command signs in by “${wanted.slice(0, 100)}”.`, {
    next: `Choose one of ${schemes.map(({ name }) => name).join(', ') || 'none'}.`,
  })
}

function toTool(
  outcome: Outcome,
  {
    origin,
    chosen,
  }: { readonly origin: string | undefined; readonly chosen: ImportedScheme | undefined },
): ImportedTool {
  if ('refused' in outcome) {
    const reason = `The command on line ${outcome.line} is left out: ${outcome.refused}.`
    return { outcome: 'refused', reason, key: `line ${outcome.line}`, description: '' }
  }
  const { definition, changes } = outcome.built
  const { key, description, binding } = definition
  const refuse = (reason: string): ImportedTool => ({
    ...{ outcome: 'refused', reason, key, description, method: binding.method },
  })
  if (binding.origin !== origin) {
    return refuse(
      `It goes to ${binding.origin}: import it by itself, with a credential of its own.`,
    )
  }
  if (outcome.scheme !== undefined && outcome.scheme.name !== chosen?.name) {
    const reason =
      outcome.scheme.reason ?? `It signs in by ${outcome.scheme.name}: import it by itself.`
    return refuse(reason)
  }
  const reason = changes.join(' ')
  return {
    outcome: changes.length === 0 ? 'taken' : 'changed',
    definition,
    ...(reason && { reason }),
  }
}

/** The same method and path twice: a number tells them apart, by the order of the text. */
function withOwnKeys(tools: readonly ImportedTool[]): ImportedTool[] {
  const seen = new Map<string, number>()
  return tools.map((tool) => {
    const key = tool.outcome === 'refused' ? tool.key : tool.definition.key
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    if (count === 1) return tool
    const own = `${key} (${count})`
    return tool.outcome === 'refused'
      ? { ...tool, key: own }
      : { ...tool, definition: { ...tool.definition, key: own } }
  })
}

type Built = Extract<Outcome, { built: BuiltTool }>

/**
 * Every secret once. Of each scheme the first command that holds all of a credential gives it, if it goes to the host that is
 * imported; what is of no use as a credential names no scheme, and is thrown away.
 */
function secretsOf(built: readonly Built[], origin: string | undefined): ImportedSecret[] {
  const secrets = new Map<string, ImportedSecret>()
  const served = new Set<string>()
  for (const { built: one, scheme } of built) {
    const isHere = one.definition.binding.origin === origin
    const gives = isHere && scheme?.credential !== undefined && !served.has(scheme.name)
    const { name, credential } = gives ? scheme : {}
    if (name !== undefined) served.add(name)
    const parts = one.parts.filter(({ value }) => value !== undefined && value !== '')
    for (const [index, { where, value = '' }] of parts.entries()) {
      const key = `${where} ${value}`
      const known = secrets.get(key)
      secrets.set(key, {
        ...{ where, value, ...known },
        ...(name !== undefined && { scheme: name }),
        ...(index === 0 && credential !== undefined && { credential }),
      })
    }
    for (const { where, value } of one.strays) {
      const key = `${where} ${value}`
      if (value !== '' && !secrets.has(key)) secrets.set(key, { where, value })
    }
  }
  return [...secrets.values()]
}

function notesOf(built: readonly Built[], schemes: readonly ImportedScheme[]): string[] {
  const strays = built.flatMap(({ built: { strays } }) => strays.map(({ where }) => where))
  const values = new Map<string, Set<string>>()
  for (const { scheme } of built) {
    const whole = scheme?.credential && JSON.stringify(scheme.credential)
    if (scheme !== undefined && whole !== undefined) {
      values.set(scheme.name, (values.get(scheme.name) ?? new Set()).add(whole))
    }
  }
  const differing = schemes.filter(({ name }) => (values.get(name)?.size ?? 0) > 1)
  return [
    ...new Set([
      ...built.flatMap(({ built: { notes } }) => notes),
      ...strays.map(
        (where) => `What looks like a key in ${where} is left out: it is asked for in each call.`,
      ),
      ...differing.map(
        ({ name }) =>
          `Commands hold different keys for ${name}; the first is the one that is offered.`,
      ),
    ]),
  ]
}

/** `api.shipping.com` is called shipping. */
function nameOfHost(host: string): string {
  if (/^[\d.]+$|:/.test(host)) return 'tools'
  const labels = host
    .split('.')
    .filter((label) => !/^(?:www\d?|apis?|rest|v\d+|internal|corp|local|localhost)$/.test(label))
  const known = labels.length > 1 ? labels.slice(0, -1) : labels
  // Two-part endings such as co.uk.
  const short =
    known.length > 1 && /^(?:co|com|org|net|gov|ac)$/.test(known.at(-1) ?? '')
      ? known.slice(0, -1)
      : known
  return short.slice(-2).join('-') || host
}
