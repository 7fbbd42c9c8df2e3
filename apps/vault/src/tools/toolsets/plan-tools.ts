import {
  Problem,
  type ToolChoice,
  type ToolDefinition,
  toolNameCharsMax,
  toolsOfToolsetMax,
} from '@sallyport/contracts'
import type { z } from 'zod'
import type { ImportedTool } from '../import/imported-toolset.ts'
import { invalidField } from '../toolset-problems.ts'
import type { ToolOverrides } from '../toolset-store.ts'
import { definitionsOf } from './read-source.ts'

export type Choice = z.infer<typeof ToolChoice>

/** A tool that will be made or kept, with what its owner says in place of the source. */
export interface PlannedTool {
  readonly definition: ToolDefinition
  readonly overrides: ToolOverrides | null
  /** Of its own among the tools of the toolset. */
  readonly name: string
}

/** What stands already, by key: it keeps its owner's words, and its name where the source's has not changed. */
type Standing = ReadonlyMap<
  string,
  {
    readonly name: string
    readonly overrides: ToolOverrides | null
    readonly definition: ToolDefinition | null
  }
>

/** What there is of a toolset already. */
interface Before {
  readonly standing?: Standing
  /** Keys that its owner did not want: they stay out unless they are taken now. */
  readonly leftOut?: readonly string[]
}

/** The operations that could be tools and are not wanted. */
export function keysLeftOut(
  tools: readonly ImportedTool[],
  planned: readonly PlannedTool[],
): readonly string[] | null {
  const taken = new Set(planned.map(({ definition }) => definition.key))
  const keys = definitionsOf(tools).flatMap(({ key }) => (taken.has(key) ? [] : [key]))
  return keys.length === 0 ? null : keys
}

/**
 * Which of a source's operations become tools, and what they are called.
 * @throws Problem invalid-input for a choice about an operation that there is not, or two of one name; document-refused where
 * nothing is left
 */
export function planTools(
  tools: readonly ImportedTool[],
  choices: readonly Choice[],
  { standing = new Map(), leftOut = [] }: Before = {},
): PlannedTool[] {
  const choiceOf = readChoices(tools, choices)
  const unwanted = new Set(leftOut.filter((key) => !standing.has(key)))
  const taken = definitionsOf(tools).filter(
    ({ key }) => choiceOf.get(key)?.take ?? !unwanted.has(key),
  )
  if (taken.length === 0) throw nothingLeft()
  if (taken.length > toolsOfToolsetMax) {
    throw invalidField(
      { field: 'tools', message: `must leave at most ${toolsOfToolsetMax} operations` },
      'Leave some out, or make several toolsets of the document.',
    )
  }
  const wanted = taken.map((definition) => {
    const before = standing.get(definition.key)
    const overrides = joinOverrides(before?.overrides ?? null, choiceOf.get(definition.key))
    const unchanged = before?.definition?.name === definition.name ? before.name : undefined
    return { definition, overrides, name: overrides?.name ?? unchanged ?? definition.name }
  })
  return withOwnNames(wanted, (tool) => standing.has(tool.definition.key))
}

function readChoices(
  tools: readonly ImportedTool[],
  choices: readonly Choice[],
): ReadonlyMap<string, Choice> {
  const outcomes = new Map(
    tools.map((tool) =>
      tool.outcome === 'refused'
        ? ([tool.key, false] as const)
        : ([tool.definition.key, true] as const),
    ),
  )
  const choiceOf = new Map<string, Choice>()
  for (const [at, choice] of choices.entries()) {
    const field = `tools[${at}].key`
    const canBe = outcomes.get(choice.key)
    if (canBe === undefined) throw invalidField({ field, message: 'is no operation of the source' })
    if (!canBe && choice.take) {
      throw invalidField({ field, message: 'is an operation that cannot be a tool' })
    }
    if (choiceOf.has(choice.key)) throw invalidField({ field, message: 'stands twice' })
    choiceOf.set(choice.key, choice)
  }
  return choiceOf
}

function joinOverrides(
  before: ToolOverrides | null,
  choice: Choice | undefined,
): ToolOverrides | null {
  const joined = {
    ...before,
    ...(choice?.name !== undefined && { name: choice.name }),
    ...(choice?.description !== undefined && { description: choice.description }),
  }
  return Object.keys(joined).length === 0 ? null : joined
}

const nothingLeft = () =>
  new Problem('document-refused', 'Nothing of the source would become a tool.', {
    next: 'Take at least one operation; the preview says why the others cannot be tools.',
    fields: [{ field: 'tools', message: 'must leave at least one operation' }],
  })

/**
 * Gives each a name of its own: what owners say stands, then what was there before, and whoever comes after gets a number.
 * @throws Problem invalid-input where owners gave one name twice
 */
export function withOwnNames<
  T extends { readonly name: string; readonly overrides: ToolOverrides | null },
>(tools: readonly T[], isStanding: (tool: T) => boolean = () => false): T[] {
  const used = new Set<string>()
  const names = new Map<T, string>()
  for (const tool of tools) {
    if (tool.overrides?.name === undefined) continue
    if (used.has(tool.name)) {
      throw invalidField({ field: 'tools', message: `must not name two tools ${tool.name}` })
    }
    used.add(tool.name)
    names.set(tool, tool.name)
  }
  const rest = tools.filter((tool) => !names.has(tool))
  const inTurn = [...rest.filter(isStanding), ...rest.filter((tool) => !isStanding(tool))]
  for (const tool of inTurn) {
    const name = freeName(tool.name, used)
    used.add(name)
    names.set(tool, name)
  }
  return tools.map((tool) => ({ ...tool, name: names.get(tool) ?? tool.name }))
}

function freeName(name: string, used: ReadonlySet<string>): string {
  if (!used.has(name)) return name
  for (let number = 2; number <= used.size + 1; number += 1) {
    const tail = `_${number}`
    const candidate = `${name.slice(0, toolNameCharsMax - tail.length)}${tail}`
    if (!used.has(candidate)) return candidate
  }
  throw new Error('more names are used than there are tools')
}
