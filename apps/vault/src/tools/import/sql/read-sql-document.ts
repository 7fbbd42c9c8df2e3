// Reads SQL sources and their statements out of documents of other people: offline, bounded, and nothing of them is run (S-41).
import {
  sourceDocumentBytesMax,
  sourcesOfDocumentMax,
  statementsOfSourceMax,
} from '@sallyport/contracts'
import { hider } from '../leave-out-secrets.ts'
import { isObject, readDocuments } from '../read-document.ts'
import { refuseDocument } from '../refuse-document.ts'
import { makeUnique } from '../tool-names.ts'
import { readDbTool } from './read-db-tool.ts'
import { readToolboxSql } from './read-toolbox-sql.ts'
import type { ReadSource, ReadSqlDocument, ReadStatement, SqlDocument } from './sql-document.ts'

/** As many as an owner can say something about. */
const statementsMax = 2 * statementsOfSourceMax
const notesMax = 50

/**
 * One reader for both kinds of documents. Names of tools are their own within their source, and no password of the document stands
 * in what is said of a tool.
 * @throws Problem `document-refused` with the place where there is one
 */
export const readSqlDocument: ReadSqlDocument = (input) => {
  if (Buffer.byteLength(input.document) > sourceDocumentBytesMax) {
    refuseDocument(`The document has more than ${sourceDocumentBytesMax} bytes.`)
  }
  const read = bounded(() => readers[input.format ?? detect(input.document)](input))
  if (read.sources.length > sourcesOfDocumentMax) {
    refuseDocument(`The document has more than ${sourcesOfDocumentMax} sources.`)
  }
  if (read.statements.length > statementsMax) {
    refuseDocument(`The document has more than ${statementsMax} tools.`)
  }
  const passwords = read.sources.flatMap(({ password }) => password ?? [])
  return {
    ...read,
    sources: withOwnNames(read.sources),
    statements: ownToolNames(read.statements).map((one) => withoutSecrets(one, passwords)),
    notes: read.notes.slice(0, notesMax).map(hider(passwords)),
  }
}

const readers = { 'genai-toolbox': readToolboxSql, higress: readDbTool } as const

function detect(document: string): keyof typeof readers {
  const [first] = readDocuments(document)
  const value = first?.value
  const isHigress = isObject(value) && (value.db_tool !== undefined || value.db_tools !== undefined)
  return isHigress ? 'higress' : 'genai-toolbox'
}

/** What goes deeper, or is longer, than the engine takes is refused by it in its own way. */
function bounded(make: () => SqlDocument): SqlDocument {
  try {
    return make()
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return refuseDocument('A part of the document is too long or nested too deeply to be read.')
  }
}

function withOwnNames(sources: readonly ReadSource[]): ReadSource[] {
  const used = new Map<string, number>()
  return sources.map((source) => {
    const count = (used.get(source.name) ?? 0) + 1
    used.set(source.name, count)
    const name = count === 1 ? source.name : `${source.name.slice(0, 28)}-${count}`
    return { ...source, name }
  })
}

/** Within each source: tools of two sources may have one name. */
function ownToolNames(statements: readonly ReadStatement[]): ReadStatement[] {
  const bySource = new Map<string, ReadStatement[]>()
  for (const one of statements) {
    if (one.refused !== undefined) continue
    bySource.set(one.source, [...(bySource.get(one.source) ?? []), one])
  }
  const nameOf = new Map<ReadStatement, string>()
  for (const group of bySource.values()) {
    const names = makeUnique(group.map((one) => ('name' in one ? one.name : '')))
    for (const [at, one] of group.entries()) nameOf.set(one, names[at] ?? '')
  }
  return statements.map((one) => {
    const name = nameOf.get(one)
    if (one.refused !== undefined || name === undefined || name === one.name) return one
    const said = `It is called ${name}, since ${one.name} is taken by another tool.`
    return { ...one, name, reason: one.reason === undefined ? said : `${one.reason} ${said}` }
  })
}

/** A tool that would say a password of the document is none; what is told of it does not say it either. */
function withoutSecrets(one: ReadStatement, passwords: readonly string[]): ReadStatement {
  const text = JSON.stringify(one)
  const held = passwords.filter(
    (password) => password.length >= 4 && text.includes(JSON.stringify(password).slice(1, -1)),
  )
  if (held.length === 0) return one
  const hide = (said: string) => held.reduce((sofar, secret) => sofar.replaceAll(secret, '…'), said)
  return {
    ...{ key: hide(one.key), description: hide(one.description), source: one.source, tags: [] },
    refused: 'A password of the document stands in it.',
  }
}
