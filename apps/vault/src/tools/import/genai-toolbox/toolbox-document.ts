import { type Data, type DataObject, isObject, readDocuments } from '../read-document.ts'
import { quoteName, refuseDocument } from '../refuse-document.ts'
import {
  createDocumentReader,
  type DocumentReader,
  type Place,
} from '../yaml-tools/document-reader.ts'

// Documents of genai-toolbox in both of their forms: maps of sources, tools and toolsets by name, and a stream of documents
// that each say what they are (`kind: tool`) and of which type.

/** A source, tool or toolset with its name and what sort of it it is (`http`, `postgres-sql`). */
export interface ToolboxEntry {
  readonly name: string
  readonly type: string
  readonly value: DataObject
  readonly place: Place
  readonly read: DocumentReader
}

export interface ToolboxDocument {
  readonly sources: ReadonlyMap<string, ToolboxEntry>
  readonly tools: readonly ToolboxEntry[]
  /** Names of tools by the name of their set. */
  readonly toolsets: ReadonlyMap<string, readonly string[]>
}

const sections = [
  'sources',
  'tools',
  'toolsets',
  'authServices',
  'authSources',
  'prompts',
  'promptsets',
  'embeddingModels',
] as const
const flatKinds: Readonly<Record<string, 'sources' | 'tools' | 'toolsets' | 'other'>> = {
  source: 'sources',
  sources: 'sources',
  tool: 'tools',
  tools: 'tools',
  toolset: 'toolsets',
  toolsets: 'toolsets',
  authService: 'other',
  authServices: 'other',
  prompt: 'other',
  prompts: 'other',
  promptset: 'other',
  embeddingModel: 'other',
  embeddingModels: 'other',
}

/** @throws Problem `document-refused` with the line */
export function readToolboxDocument(text: string): ToolboxDocument {
  const sources = new Map<string, ToolboxEntry>()
  const tools: ToolboxEntry[] = []
  const toolsets = new Map<string, readonly string[]>()
  for (const [index, { value }] of readDocuments(text).entries()) {
    if (value === null) continue
    const read = createDocumentReader(text, index)
    const entries = isFlat(value) ? flatEntries(value, read) : mapEntries(value, read)
    for (const { section, entry } of entries) {
      if (section === 'tools') tools.push(entry)
      else if (section === 'sources') sources.set(entry.name, entry)
      else if (section === 'toolsets') toolsets.set(entry.name, toolsOf(entry))
    }
  }
  if (tools.length === 0) refuseDocument('It has no tools.')
  return { sources, tools, toolsets }
}

interface Found {
  readonly section: string
  readonly entry: ToolboxEntry
}

const isFlat = (value: Data): value is DataObject =>
  isObject(value) && typeof value.kind === 'string' && flatKinds[value.kind] !== undefined

function flatEntries(value: DataObject, read: DocumentReader): Found[] {
  const name = read.text(value.name, ['name']) ?? read.refuse([], 'it has no name.')
  const section = flatKinds[read.text(value.kind, ['kind']) ?? ''] ?? 'other'
  const type = read.text(value.type, ['type']) ?? ''
  return [{ section, entry: { name, type, value, place: [], read } }]
}

function mapEntries(value: Data, read: DocumentReader): Found[] {
  const root = read.object(value, [], sections)
  return sections.flatMap((section) =>
    Object.entries(read.map(root[section], [section])).map(([name, one]) => {
      const place: Place = [section, name]
      if (section === 'toolsets') {
        const list = { tools: one, name } as DataObject
        return { section, entry: { name, type: '', value: list, place, read } }
      }
      const entry = isObject(one) ? one : read.refuse(place, 'it is not an object.')
      // Older documents say `kind` where newer ones say `type`.
      const type = read.text(entry.kind ?? entry.type, [...place, 'kind']) ?? ''
      return { section, entry: { name, type, value: entry, place, read } }
    }),
  )
}

function toolsOf({ value, place, read }: ToolboxEntry): readonly string[] {
  return read
    .list(value.tools, place)
    .map(
      (one, at) => read.text(one, [...place, at]) ?? read.refuse([...place, at], 'it is no name.'),
    )
}

/** Which keys an entry may have, whichever form it is in. */
export const entryKeys = (keys: readonly string[]): string[] => ['kind', 'type', 'name', ...keys]

export const unknownSource = (name: string): string =>
  `It goes to the source ${quoteName(name)}, which the document does not have.`
