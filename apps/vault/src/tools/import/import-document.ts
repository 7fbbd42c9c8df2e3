// Makes tools of a document: finds out its kind, has it imported, and sees to what holds for every kind: names of their own,
// no more operations than an owner can look through, and no secret of the document in any of them (S-41).
import {
  HttpToolDefinition,
  type ImportFormat,
  toolDescriptionCharsMax,
  toolsOfToolsetMax,
} from '@sallyport/contracts'
import { isMereWord } from './curl/known-secrets.ts'
import { detectFormat } from './detect-format.ts'
import type { ImportedTool, ImportedToolset, Importer, ImportInput } from './imported-toolset.ts'
import { hider, holdsSecret, sayWithoutSecrets, tellWithoutSecrets } from './leave-out-secrets.ts'
import { refuseDocument } from './refuse-document.ts'
import { makeUnique } from './tool-names.ts'

/** What an owner gave and chose, the kind of document too where they said it. */
export interface DocumentInput extends ImportInput {
  readonly format?: ImportFormat | undefined
}

/** As many as an owner can say something about; a toolset takes half of them. */
const operationsMax = 2 * toolsOfToolsetMax

export type ImportDocument = (input: DocumentInput) => ImportedToolset

/** The most sentences beside the operations, and characters of one. */
const notesMax = 50
const noteCharsMax = 500

/**
 * One importer for all kinds of documents. In what it answers each tool's name and key is its own and each definition is whole
 * and plain JSON. Where `origins` is empty the document names no server: nothing can be kept before one is given.
 */
export function createDocumentImporter({
  importers,
}: {
  readonly importers: Readonly<Record<ImportFormat, Importer>>
}): ImportDocument {
  /** @throws Problem `document-refused` with the place where there is one; `invalid-input` for a choice */
  return ({ format, ...input }) => {
    const imported = bounded(() => importers[format ?? detectFormat(input.document)](input))
    if (imported.tools.length === 0) {
      refuseDocument('The document describes no operation.')
    }
    if (imported.tools.length > operationsMax) {
      refuseDocument(`The document describes more than ${operationsMax} operations.`, {
        next: 'Split the document and make several toolsets of it.',
      })
    }
    const secrets = imported.secrets.map(({ value }) => value).filter((value) => !isMereWord(value))
    const isShared = imported.format === 'openapi'
    const finished = imported.tools.map((tool) => finish(tool, { secrets, isShared }))
    const tools = withOwnNames(withOwnKeys(finished))
    const { title, description } = imported
    const hide = hider(secrets)
    return {
      ...imported,
      ...(title !== undefined && { title: hide(title) }),
      ...(description !== undefined && { description: hide(description) }),
      tools,
      notes: imported.notes
        .slice(0, notesMax)
        .map(hide)
        .map((note) => (note.length > noteCharsMax ? `${note.slice(0, noteCharsMax - 1)}…` : note)),
    }
  }
}

/** What goes deeper, or is longer, than the engine takes is refused by it in its own way. */
function bounded<Made>(make: () => Made): Made {
  try {
    return make()
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return refuseDocument('A part of the document is too long or nested too deeply to be read.')
  }
}

/** Checks what an importer made: what is no whole definition, or holds a secret of the document, is refused. */
function finish(
  tool: ImportedTool,
  { secrets, isShared }: { readonly secrets: readonly string[]; readonly isShared: boolean },
): ImportedTool {
  if (tool.outcome === 'refused') {
    return tellWithoutSecrets({ ...tool, ...shortened(tool) }, secrets)
  }
  // Tools of one document share parts of their schemas: written out they would take many times the memory.
  const text = secrets.length > 0 || !isShared ? JSON.stringify(tool.definition) : undefined
  if (text !== undefined && holdsAny(text, secrets)) return hide(tool, secrets)
  const whole: unknown = isShared || text === undefined ? tool.definition : JSON.parse(text)
  const parsed = HttpToolDefinition.safeParse(whole)
  if (parsed.success) return { ...tool, definition: parsed.data }
  const [issue] = parsed.error.issues
  return refused(
    tool.definition,
    `It makes no tool: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
  )
}

const holdsAny = (json: string, secrets: readonly string[]): boolean =>
  secrets.some((secret) => secret !== '' && holdsSecret(json, secret))

/** Leaves secrets of the document out of what a tool says; one that would send them, or is named so, is refused. */
function hide(
  tool: Exclude<ImportedTool, { outcome: 'refused' }>,
  secrets: readonly string[],
): ImportedTool {
  const definition = sayWithoutSecrets(tool.definition, secrets)
  const parsed = HttpToolDefinition.safeParse(definition)
  if (!parsed.success || holdsAny(JSON.stringify(parsed.data), secrets)) {
    const told = refused(tool.definition, 'A secret of the document stands in it.')
    return tellWithoutSecrets(told, secrets)
  }
  const said = 'A key of the document is left out of what it says.'
  const reason = tool.reason === undefined ? said : `${tool.reason} ${said}`
  return { outcome: 'changed', reason, definition: parsed.data }
}

const reasonCharsMax = 2000

/** What is said of an operation that makes no tool may quote it. */
const shortened = ({ reason, description }: { reason: string; description: string }) => ({
  reason: reason.slice(0, reasonCharsMax),
  description: description.slice(0, toolDescriptionCharsMax),
})

function refused(
  definition: HttpToolDefinition,
  reason: string,
): Extract<ImportedTool, { outcome: 'refused' }> {
  const { key, description, binding } = definition
  return { outcome: 'refused', reason, key: key.slice(0, 500), description, method: binding.method }
}

/** The same key twice: a number tells them apart, by the order of the document. */
function withOwnKeys(tools: readonly ImportedTool[]): readonly ImportedTool[] {
  const used = new Set<string>()
  const counts = new Map<string, number>()
  return tools.map((tool) => {
    const key = tool.outcome === 'refused' ? tool.key : tool.definition.key
    let own = key
    let count = counts.get(key) ?? 1
    // Ends: each turn is another key, and there are only so many.
    for (; used.has(own); count += 1) own = `${key.slice(0, 490)} (${count + 1})`
    counts.set(key, count)
    used.add(own)
    if (own === key) return tool
    return tool.outcome === 'refused'
      ? { ...tool, key: own }
      : { ...tool, definition: { ...tool.definition, key: own } }
  })
}

function withOwnNames(tools: readonly ImportedTool[]): readonly ImportedTool[] {
  const named = tools.filter((tool) => tool.outcome !== 'refused')
  const names = makeUnique(named.map(({ definition }) => definition.name))
  const nameOf = new Map(named.map((tool, at) => [tool as ImportedTool, names[at]]))
  return tools.map((tool) => {
    const name = nameOf.get(tool)
    if (tool.outcome === 'refused' || name === undefined || name === tool.definition.name)
      return tool
    const said = `It is called ${name}, since ${tool.definition.name} is taken by another operation.`
    return {
      outcome: 'changed',
      reason: tool.reason === undefined ? said : `${tool.reason} ${said}`,
      definition: { ...tool.definition, name },
    }
  })
}
