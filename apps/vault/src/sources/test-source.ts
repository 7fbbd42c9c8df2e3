import {
  type InputOf,
  maskedValue,
  type OutputOf,
  type SourceCheck,
  type testSource,
  type testSourceDraft,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { invalidField } from '../tools/toolset-problems.ts'
import { readCredential } from './make-source.ts'
import { openSource } from './open-source.ts'
import { statementsOf } from './put-tools.ts'
import type { StoredTarget } from './source-store.ts'
import { isSamePlace, placeOf, readTarget } from './source-target.ts'
import {
  getSourceRow,
  type SourceCredential,
  type SourceEvent,
  type SourcesNeeds,
} from './sources-needs.ts'
import { checkSource, loginOf } from './try-at-database.ts'

type DraftInput = InputOf<typeof testSourceDraft>
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
      needs.onChanged({ policies: [], dependents: [], source: row })
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
      const login = loginOf(
        await draftCredential(needs, owner, { input, target }),
        input.user ?? null,
      )
      const place = { target, sourceKey: owner.workspaceId, login }
      const check = await checkSource(needs, place, { writes: input.writes })
      const { sourceId } = input
      const detail = { place: placeOf(target), ...(sourceId !== undefined && { sourceId }) }
      await record(owner, { operation: 'testSourceDraft', detail }, check)
      return { check }
    },
  }
}

/** The kept password is used where it would go on being used, and at no other place (S-33). */
async function draftCredential<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  { workspaceId }: AuthenticatedOwner,
  { input, target }: { readonly input: DraftInput; readonly target: StoredTarget },
): Promise<SourceCredential> {
  const { sourceId, dialect, user, password } = input
  const isKept = password === undefined || password === maskedValue
  if (sourceId === undefined || !isKept) {
    if (password === maskedValue) throw passwordMissing('it is of no source that is named')
    return readCredential({ dialect, user, password })
  }
  const row = await getSourceRow(needs, workspaceId, sourceId)
  const kept = await openSource(needs, row)
  if (kept.kind === 'none') return readCredential({ dialect, user })
  const asWas = { ...target, database: row.database }
  if (isSamePlace(asWas, row) && user === row.login) return kept
  throw passwordMissing(
    'the one that is kept goes nowhere else than to its dialect, host and port, by its TLS mode and for its user',
  )
}

const passwordMissing = (why: string) =>
  invalidField({ field: 'password', message: `must be given: ${why}` })
