import type { createSource, InputOf, OutputOf } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { toolsetExists } from '../tools/toolset-problems.ts'
import { makeSource } from './make-source.ts'
import type { MadeSource } from './source-store.ts'
import { placeOf } from './source-target.ts'
import { changed, type SourcesNeeds } from './sources-needs.ts'
import { viewSourceWithTools } from './view-source.ts'

type Input = InputOf<typeof createSource>
type Output = OutputOf<typeof createSource>

/**
 * Builds the operation `createSource`. Everything that can be wrong is said before anything is made; then the connection, the
 * toolset, its tools and the source are stored as one.
 */
export function createSourceCreation<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const { made, notes } = await makeSource(needs, owner, { input })
    const outcome = await needs.store.insert([made])
    if (outcome !== 'inserted') throw toolsetExists(outcome.exists)
    await recordMade(needs, owner, { made, operation: 'createSource' })
    const source = await viewSourceWithTools(needs, owner.workspaceId, made.source.id)
    return { source, notes }
  }
}

/** Tells this replica and the log of a source that was made. */
export async function recordMade<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  owner: AuthenticatedOwner,
  { made, operation }: { readonly made: MadeSource<Connection>; readonly operation: string },
): Promise<void> {
  const { source, toolset, tools } = made
  await changed(needs, owner, {
    operation,
    source: { ...source, toolset },
    detail: {
      place: placeOf(source),
      ...(source.login !== null && { user: source.login }),
      ...{ tools: tools.length, writing: countWriting(tools), query: source.query },
    },
  })
}

const countWriting = (tools: MadeSource<unknown>['tools']): number =>
  tools.filter(({ definition }) => definition?.binding.kind === 'sql' && definition.binding.writes)
    .length
