import {
  FullToolName,
  fullToolName,
  type InputOf,
  type listTools,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { isLookupId } from '../../paging/lookup-id.ts'
import type { ToolsetsNeeds } from './toolsets-needs.ts'
import { viewTools } from './view-toolset.ts'

type Input = InputOf<typeof listTools>

/** Builds the operation `listTools`: by toolset and name; a cursor is the full name of the last tool that was seen. */
export const createToolList =
  (needs: Pick<ToolsetsNeeds, 'store' | 'now'>) =>
  async (
    { workspaceId }: AuthenticatedOwner,
    { limit, cursor, toolsetId, search }: Input,
  ): Promise<OutputOf<typeof listTools>> => {
    const after = cursor === undefined ? undefined : readCursor(cursor)
    // PostgreSQL has no NUL in a text: nothing holds one.
    const findsNothing =
      (toolsetId !== undefined && !isLookupId(toolsetId)) || search?.includes('\0') === true
    const rows = findsNothing
      ? []
      : await needs.store.listTools(workspaceId, { limit: limit + 1, after, toolsetId, search })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      tools: await viewTools(needs, workspaceId, page),
      ...(rows.length > limit &&
        last !== undefined && { nextCursor: fullToolName(last.toolset, last.name) }),
    }
  }

function readCursor(cursor: string): { toolset: string; name: string } {
  const [toolset = '', name = ''] = cursor.split('.')
  if (FullToolName.safeParse(cursor).success) return { toolset, name }
  throw new Problem('invalid-input', 'The cursor is not one of this list.', {
    next: 'Use nextCursor of the page before as it is, or leave it out for the first page.',
    fields: [{ field: 'cursor', message: 'must be the nextCursor of an earlier page' }],
  })
}
