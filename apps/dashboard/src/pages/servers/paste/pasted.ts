import {
  fillServer,
  type McpConfigReading,
  type McpServerInput,
  type ReadServer,
  type ReadVariable,
} from '@sallyport/catalog'
import { VariableName } from '@sallyport/contracts'

// A configuration file that was pasted, what was chosen of it, and what would be sent. Only what is sent leaves the browser.

/** What was chosen and typed beside the file. */
export interface Choices {
  /** By the server's name in the file; those that can be taken are, unless it says otherwise. */
  readonly taken: Readonly<Record<string, boolean>>
  /** Values of what the file refers to, by name. */
  readonly given: Readonly<Record<string, string>>
}

/** Before anything is chosen: what the file itself proposes is given. */
export const choicesFor = ({ variables }: McpConfigReading): Choices => ({
  taken: {},
  given: Object.fromEntries(
    variables.flatMap(({ name, proposal }) => (proposal === undefined ? [] : [[name, proposal]])),
  ),
})

/** Servers that would be added: neither refused, left out, nor there already. */
export const takenOf = (
  { servers }: McpConfigReading,
  { taken }: Choices,
  known: ReadonlySet<string>,
): readonly ReadServer[] =>
  servers.filter(
    ({ key, draft }) =>
      draft !== undefined && !known.has(draft.name) && (taken[key] ?? draft.enabled),
  )

/** What those servers refer to. */
export function variablesOf(
  { variables }: McpConfigReading,
  servers: readonly ReadServer[],
): readonly ReadVariable[] {
  const keys = servers.map(({ key }) => `${key}: `)
  return variables.filter(({ usedBy }) =>
    usedBy.some((where) => keys.some((key) => where.startsWith(key))),
  )
}

/** Whether something has to be typed before the servers can be added: the vault may have a variable of the name. */
export const isMissing = (
  { name, kind }: ReadVariable,
  { given }: Choices,
  existing: ReadonlySet<string>,
): boolean => (given[name] ?? '') === '' && !(kind === 'sealed' && existing.has(name))

const typed = ({ given }: Choices) => Object.entries(given).filter(([, value]) => value !== '')

/** What is kept: sealed values stay references, since they become variables of the vault. */
export function inputOf(
  server: ReadServer,
  choices: Choices,
  of: McpConfigReading,
): McpServerInput {
  const plain = new Set(of.variables.flatMap(({ name, kind }) => (kind === 'plain' ? [name] : [])))
  return fill(server, new Map(typed(choices).filter(([name]) => plain.has(name))))
}

/** What a try takes: with every value that was typed, since none is kept yet. */
export const tryOf = (server: ReadServer, choices: Choices): McpServerInput =>
  fill(server, new Map(typed(choices)))

function fill({ draft, key }: ReadServer, given: ReadonlyMap<string, string>): McpServerInput {
  if (draft === undefined) throw new Error(`${key} is refused.`)
  // Whoever chose it wants it on, whatever the file said.
  return { ...fillServer(draft, given), enabled: true }
}

/** The variables that have to be set before the servers are added. */
export const variablesToSet = (
  variables: readonly ReadVariable[],
  { given }: Choices,
): readonly { readonly name: string; readonly value: string }[] =>
  variables.flatMap(({ name, kind }) => {
    const value = given[name] ?? ''
    return kind === 'sealed' && value !== '' && VariableName.safeParse(name).success
      ? [{ name, value }]
      : []
  })
