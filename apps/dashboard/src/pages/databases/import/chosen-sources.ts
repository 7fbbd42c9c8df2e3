import type { Input, Output } from '../../../api.ts'

export type Preview = Output<'previewSources'>
export type PreviewedSource = Preview['sources'][number]
export type PreviewedStatement = PreviewedSource['tools'][number]

/** What is given for a source, and which of its statements are left out. */
export interface Given {
  readonly take?: boolean
  readonly fields: Readonly<Record<string, string>>
  readonly leftOut: ReadonlySet<string>
}
/** By the source's name in the document. */
export type AllGiven = Readonly<Record<string, Given>>

export const nothingGiven: Given = { fields: {}, leftOut: new Set() }

/** What can be given for a source: of a server, or of a file. */
const serverFields = ['name', 'host', 'port', 'database', 'user', 'password', 'tls'] as const
const fileFields = ['name', 'path'] as const
export type FieldName = (typeof serverFields)[number] | (typeof fileFields)[number]

export const fieldsOf = ({ dialect }: PreviewedSource): readonly FieldName[] =>
  dialect === 'sqlite' ? fileFields : serverFields

/** What the document says of a field, as it stands in a form. */
export function saidOf(source: PreviewedSource, field: FieldName): string {
  if (field === 'password') return ''
  if (field === 'tls') return source.tls ?? 'require'
  const said = source[field]
  return said === undefined ? '' : String(said)
}

/** What is still to be given for a source before it can be made. */
export function lackingOf(source: PreviewedSource, { fields }: Given): readonly string[] {
  return source.asks.flatMap(({ field }) => ((fields[field] ?? '').trim() === '' ? [field] : []))
}

export const isTaken = ({ outcome }: PreviewedSource, { take = true }: Given): boolean =>
  outcome === 'taken' && take

/** Statements of a source that would be made. */
export const statementsTaken = ({ tools }: PreviewedSource, { leftOut }: Given) =>
  tools.filter(({ key, outcome }) => outcome !== 'refused' && !leftOut.has(key))

/** What is asked of the vault: that what was looked at, with what was given. */
export function toImport(
  document: string,
  preview: Preview,
  given: AllGiven,
): Input<'importSources'> {
  const sources = preview.sources
    .filter(({ outcome }) => outcome === 'taken')
    .map((source) => {
      const one = given[source.key] ?? nothingGiven
      return { key: source.key, take: isTaken(source, one), ...typedOf(one) }
    })
  const tools = preview.sources.flatMap((source) => {
    const { leftOut } = given[source.key] ?? nothingGiven
    return source.tools
      .filter(({ key, outcome }) => outcome !== 'refused' && leftOut.has(key))
      .map(({ key }) => ({ key, take: false }))
  })
  return { document, format: preview.format, sources, tools, expects: preview.digest }
}

/** Fields that were typed, the port as a number. */
function typedOf({ fields }: Given): Record<string, string | number> {
  const typed = Object.entries(fields).filter(([, value]) => value.trim() !== '')
  return Object.fromEntries(
    typed.map(([name, value]) => [name, name === 'port' ? Number(value) : value.trim()]),
  )
}
