import type { Input, Output } from '../../../api.ts'

// What an owner says of single operations before they are imported: pure parts of the preview.

export type Preview = Output<'previewToolset'>
export type Operation = Preview['tools'][number]
type Choice = NonNullable<Input<'createToolset'>['tools']>[number]

/** What was said of an operation; what was not stays as the preview has it. */
export interface Edit {
  readonly take?: boolean
  readonly name?: string
  readonly description?: string
}
/** By the operations' keys. */
export type Edits = Readonly<Record<string, Edit>>

/** Whether an operation becomes a tool. */
export const isTaken = ({ key, outcome, leftOut }: Operation, edits: Edits): boolean =>
  outcome !== 'refused' && (edits[key]?.take ?? leftOut !== true)

export const countTaken = (operations: readonly Operation[], edits: Edits): number =>
  operations.filter((operation) => isTaken(operation, edits)).length

/**
 * What the vault is told of operations of which something was said; undefined where nothing was. Of the others it takes those
 * that were not left out before.
 */
export function toolChoices(operations: readonly Operation[], edits: Edits): Choice[] | undefined {
  const choices = operations
    .filter(({ outcome }) => outcome !== 'refused')
    .flatMap((operation) => {
      const choice = choiceOf(operation, edits)
      const isSaid = edits[operation.key]?.take !== undefined || Object.keys(choice).length > 2
      return isSaid ? [choice] : []
    })
  return choices.length === 0 ? undefined : choices
}

function choiceOf(operation: Operation, edits: Edits): Choice {
  const { key } = operation
  const { name, description } = edits[key] ?? {}
  return {
    key,
    take: isTaken(operation, edits),
    ...(name !== undefined && name !== '' && name !== operation.name && { name }),
    ...(description !== undefined && description !== operation.description && { description }),
  }
}

export interface OperationFilter {
  readonly search: string
  /** `taken`, `changed`, `refused`; empty for all. */
  readonly outcome: string
  /** A group of the document; empty for all. */
  readonly tag: string
}

/** Those that fit the filter, in the order of the document. */
export function filterOperations(
  operations: readonly Operation[],
  { search, outcome, tag }: OperationFilter,
): readonly Operation[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return operations.filter((operation) => {
    const { key, name = '', url = '', description, tags = [] } = operation
    if (outcome !== '' && operation.outcome !== outcome) return false
    if (tag !== '' && !tags.includes(tag)) return false
    if (words.length === 0) return true
    const text = `${key} ${name} ${url} ${description} ${tags.join(' ')}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** The groups of a document, by name. */
export const tagsOf = (operations: readonly Operation[]): readonly string[] =>
  [...new Set(operations.flatMap(({ tags = [] }) => tags))].sort((one, other) =>
    one.localeCompare(other),
  )
