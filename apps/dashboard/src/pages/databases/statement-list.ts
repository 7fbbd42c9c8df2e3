import type { SourceStatement, SourceTool } from '@sallyport/contracts'
import type { Input } from '../../api.ts'

type Written = NonNullable<Input<'putSourceTools'>['tools']>[number]

/** The statements of a database as they are written back, without its own tools. */
export const statementsOf = ({ tools }: { readonly tools: readonly SourceTool[] }): Written[] =>
  tools
    .filter(({ run, statement }) => run === 'statement' && statement !== undefined)
    .map(writtenOf)

/** A statement as it is written back: without what the vault adds. */
export function writtenOf(tool: SourceTool) {
  const { name, title, description, statement = '', parameters, writes, tags } = tool
  return {
    ...{ name, description, statement, writes },
    parameters: [...parameters],
    ...(title !== undefined && { title }),
    ...(tags !== undefined && { tags: [...tags] }),
  }
}

/** The list with one statement put in the place of another, or at its end where it is new. */
export function withStatement(
  list: readonly Written[],
  before: string | undefined,
  statement: SourceStatement,
): Written[] {
  if (before === undefined) return [...list, statement]
  return list.map((one) => (one.name === before ? statement : one))
}
