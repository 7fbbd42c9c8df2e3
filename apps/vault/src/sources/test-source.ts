import type {
  InputOf,
  OutputOf,
  SourceCheck,
  testSource,
  testSourceDraft,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { readCredential } from './make-source.ts'
import { openSource } from './open-source.ts'
import { statementsOf } from './put-tools.ts'
import { placeOf, readTarget } from './source-target.ts'
import { getSourceRow, type SourceEvent, type SourcesNeeds } from './sources-needs.ts'
import { checkSource, loginOf } from './try-at-database.ts'

type Output = OutputOf<typeof testSource>

/** The two operations that sign in to a database for its owner. Both are recorded. */
interface SourceTests {
  saved(owner: AuthenticatedOwner, input: InputOf<typeof testSource>): Promise<Output>
  draft(owner: AuthenticatedOwner, input: InputOf<typeof testSourceDraft>): Promise<Output>
}

/** Builds them. */
export function createSourceTests<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
): SourceTests {
  const record = (
    { workspaceId, ownerId }: AuthenticatedOwner,
    about: Pick<SourceEvent, 'operation' | 'detail' | 'connectionId'>,
    check: SourceCheck,
  ) =>
    needs.audit.record({
      ...{ auditId: needs.newId('audit'), workspaceId, ownerId, ...about },
      ...(check.ok ? { outcome: 'done' } : { outcome: 'failed', reason: check.message }),
      detail: { ...about.detail, stage: check.stage, warnings: check.warnings.length },
    })

  return {
    async saved(owner, { sourceId }) {
      const row = await getSourceRow(needs, owner.workspaceId, sourceId)
      const login = loginOf(await openSource(needs, row), row.login)
      const rows = await needs.toolsets.toolsOf(row.workspaceId, row.toolsetId)
      const writes = statementsOf(rows).some((tool) => tool.writes)
      const check = await checkSource(needs, { target: row, sourceKey: row.id, login }, { writes })
      await needs.store.keepCheck(row, { found: check, at: new Date(needs.now()) })
      const { policies, dependents } = { policies: [], dependents: [] }
      needs.onChanged({ policies, dependents, source: row })
      const detail = { sourceId: row.id, source: row.toolset.name, place: placeOf(row) }
      await record(
        owner,
        { operation: 'testSource', connectionId: row.connectionId, detail },
        check,
      )
      return { check }
    },

    async draft(owner, input) {
      const target = readTarget(input, needs.mayDial)
      const login = loginOf(readCredential(input), input.user ?? null)
      const place = { target, sourceKey: owner.workspaceId, login }
      const check = await checkSource(needs, place, { writes: input.writes })
      const detail = { place: placeOf(target) }
      await record(owner, { operation: 'testSourceDraft', detail }, check)
      return { check }
    },
  }
}
