// This room keeps SQL sources: databases that the vault signs in to, and the statements of them that are tools.

import type {
  createSource,
  deleteSource,
  getSource,
  InputOf,
  importSources,
  listSources,
  OutputOf,
  previewSources,
  putSourceTools,
  testSource,
  testSourceDraft,
  updateSource,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { readPage, writePage } from '../paging/page-cursor.ts'
import { createSourceCreation } from './create-source.ts'
import { createSourceImport, type ReadSources } from './import-sources.ts'
import { createToolsPutting } from './put-tools.ts'
import { sourceNotFound } from './source-problems.ts'
import { changed, type SourcesNeeds } from './sources-needs.ts'
import { createSourceTests } from './test-source.ts'
import { createSourceUpdate } from './update-source.ts'
import { viewSource, viewSourceWithTools } from './view-source.ts'

type Owner = AuthenticatedOwner

/** The room's operations. Each is bound to the caller's workspace: what is not in it behaves as what does not exist. */
export interface Sources {
  /**
   * Makes the connection, the toolset and its tools: all of it or nothing. Nobody has the tools yet. Problems: `invalid-input` naming
   * the field, a statement that the database does not take included; `toolset-exists`, `origin-not-allowed`, `overloaded`.
   */
  create(owner: Owner, input: InputOf<typeof createSource>): Promise<OutputOf<typeof createSource>>
  /** One page, newest first. Problem: `invalid-input` for a cursor that no list has answered. */
  list(owner: Owner, input: InputOf<typeof listSources>): Promise<OutputOf<typeof listSources>>
  get(owner: Owner, input: InputOf<typeof getSource>): Promise<OutputOf<typeof getSource>>
  /** Problems as of `create`, and `fresh-sign-in-required`, `connection-revoked`, `version-conflict`. */
  update(owner: Owner, input: InputOf<typeof updateSource>): Promise<OutputOf<typeof updateSource>>
  /** With its tools and their grants; its connection is revoked and the password destroyed. */
  delete(owner: Owner, input: InputOf<typeof deleteSource>): Promise<OutputOf<typeof deleteSource>>
  /** Problems as of `create`, and `insufficient-scope` where agents would get more than the caller may give. */
  putTools(
    owner: Owner,
    input: InputOf<typeof putSourceTools>,
  ): Promise<OutputOf<typeof putSourceTools>>
  /** What went wrong stands in the answer; it is remembered with the source. */
  test(owner: Owner, input: InputOf<typeof testSource>): Promise<OutputOf<typeof testSource>>
  testDraft(
    owner: Owner,
    input: InputOf<typeof testSourceDraft>,
  ): Promise<OutputOf<typeof testSourceDraft>>
  /** What a document would become; nothing is kept and nothing is connected to. Problem: `document-refused`. */
  preview(
    owner: Owner,
    input: InputOf<typeof previewSources>,
  ): Promise<OutputOf<typeof previewSources>>
  /** All sources of a document that are wanted, or none. Problems as of `create`, and `document-refused`, `tool-changed`. */
  import(
    owner: Owner,
    input: InputOf<typeof importSources>,
  ): Promise<OutputOf<typeof importSources>>
}

/** Builds the room. */
export function createSources<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes> & { readonly readSources: ReadSources },
): Sources {
  const { store } = needs
  const tests = createSourceTests(needs)
  return {
    create: createSourceCreation(needs),
    update: createSourceUpdate(needs),
    putTools: createToolsPutting(needs),
    test: tests.saved,
    testDraft: tests.draft,
    delete: createSourceDeletion(needs),
    ...createSourceImport(needs),

    async list({ workspaceId }, { name, ...input }) {
      const after = { ...readPage(input), name }
      const isKnown = name === undefined || isLookupId(name)
      const rows = isKnown ? await store.list(workspaceId, after) : []
      const { page, ...rest } = writePage(rows, input)
      return { sources: page.map(viewSource), ...rest }
    },

    get: async ({ workspaceId }, { sourceId }) => ({
      source: await viewSourceWithTools(needs, workspaceId, sourceId),
    }),
  }
}

const createSourceDeletion =
  <Connection, Changes>(needs: SourcesNeeds<Connection, Changes>): Sources['delete'] =>
  async (owner, { sourceId: id }) => {
    const { workspaceId, ownerId } = owner
    const by = { ownerId, now: new Date(needs.now()) }
    const gone = isLookupId(id) ? await needs.store.delete({ workspaceId, id }, by) : undefined
    if (gone === undefined) throw sourceNotFound()
    needs.endCalls({ connectionId: gone.source.connectionId })
    await changed(needs, owner, {
      operation: 'deleteSource',
      ...{ source: gone.source, outcome: gone },
      detail: { tools: gone.source.toolset.toolCount },
    })
    return { deleted: true }
  }
