// Keeps what settings of upstream MCP servers may refer to by name: values, and keys of connections.

import {
  type deleteVariable,
  type IdKind,
  type InputOf,
  type listVariables,
  type OutputOf,
  Problem,
  type putVariable,
  type Variable,
} from '@sallyport/contracts'
import { z } from 'zod'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { requireFreshSignIn } from '../../identity/require-fresh-sign-in.ts'
import { readPage, writePage } from '../../paging/page-cursor.ts'
import type { ServerStore } from '../kept/server-store.ts'
import type { StoredVariable, VariableRow, VariableStore } from './variable-store.ts'

type Owner = AuthenticatedOwner

/** Where a variable is sealed for. */
interface VariableContext {
  readonly table: string
  readonly column: string
  readonly workspaceId: string
  readonly rowId: string
  readonly rowVersion: number
}

/** Something that an owner did with a variable. Never its value. */
export interface VariableEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId: string
  readonly operation: 'putVariable' | 'deleteVariable'
  readonly outcome: 'done'
  readonly connectionId?: string
  readonly detail: Readonly<Record<string, string>>
}

/** What this needs of others. */
export interface VariablesNeeds {
  readonly store: VariableStore
  readonly servers: Pick<ServerStore, 'listReferring'>
  readonly keyring: {
    seal(context: VariableContext, plaintext: Uint8Array): Promise<Uint8Array>
    open(context: VariableContext, sealed: Uint8Array): Promise<Uint8Array>
  }
  /**
   * The key or access token of a connection, as it is now. Problems: `connection-not-found`, `connection-revoked`,
   * `invalid-input` where it is not one value, and those of renewing a token.
   */
  readonly readKey: (workspaceId: string, connectionId: string) => Promise<string>
  readonly audit: { record(event: VariableEvent): Promise<unknown> }
  /** Told of each change before it is answered. */
  readonly onChanged: (variable: { readonly id: string; readonly workspaceId: string }) => void
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The room’s operations, each bound to the caller’s workspace; and what the names stand for. */
export interface Variables {
  list(owner: Owner, input: InputOf<typeof listVariables>): Promise<OutputOf<typeof listVariables>>
  /** Problems: `connection-not-found`, `connection-revoked`, `invalid-input`, `fresh-sign-in-required`, `version-conflict`. */
  put(owner: Owner, input: InputOf<typeof putVariable>): Promise<OutputOf<typeof putVariable>>
  /** Problems: `variable-not-found`, `variable-in-use`. */
  delete(
    owner: Owner,
    input: InputOf<typeof deleteVariable>,
  ): Promise<OutputOf<typeof deleteVariable>>
  /** What names stand for: those that there are. Problems: `credential-unreadable`, and those of reading a connection’s key. */
  resolve(workspaceId: string, names: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** The names among these that there are. */
  known(workspaceId: string, names: readonly string[]): Promise<ReadonlySet<string>>
}

/** What is sealed: under its name, so that no other name can come to stand for it. */
const Sealed = z.union([
  z.strictObject({ name: z.string(), value: z.string() }),
  z.strictObject({ name: z.string(), connectionId: z.string() }),
])
type Sealed = z.infer<typeof Sealed>

/** Builds the room. */
export function createVariables(needs: VariablesNeeds): Variables {
  const { store } = needs
  return {
    put: createPut(needs),
    delete: createDelete(needs),

    async list({ workspaceId }, input) {
      const { page, ...rest } = writePage(await store.list(workspaceId, readPage(input)), input)
      const users = await needs.servers.listReferring(workspaceId)
      return { variables: page.map((row) => view(row, users)), ...rest }
    },

    async resolve(workspaceId, names) {
      const rows = await store.findByNames(workspaceId, names)
      const found = rows.map(async (row) => [row.name, await read(needs, row)] as const)
      return new Map(await Promise.all(found))
    },

    async known(workspaceId, names) {
      const rows = await store.findByNames(workspaceId, names)
      return new Set(rows.map(({ name }) => name))
    },
  }
}

type User = Awaited<ReturnType<ServerStore['listReferring']>>[number]

function view(row: VariableRow, users: readonly User[]): Variable {
  const { connection } = row
  return {
    ...{ id: row.id, name: row.name, kind: connection === null ? 'value' : 'connection' },
    ...(connection !== null && {
      connection: { id: connection.id, label: connection.label, status: connection.status },
    }),
    usedBy: users
      .filter(({ variables }) => variables.includes(row.name))
      .map(({ id, name }) => ({ id, name })),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

const contextOf = ({
  id,
  workspaceId,
  version,
}: Pick<StoredVariable, 'id' | 'workspaceId' | 'version'>): VariableContext => ({
  ...{ table: 'variables', column: 'sealed', workspaceId, rowId: id, rowVersion: version },
})

async function read(needs: VariablesNeeds, row: VariableRow): Promise<string> {
  const sealed = parse(await needs.keyring.open(contextOf(row), row.sealed))
  const connectionId = sealed !== undefined && 'connectionId' in sealed ? sealed.connectionId : null
  // What stands beside the seal says the same, or was tampered with.
  if (sealed?.name !== row.name || connectionId !== row.connectionId) throw unreadable()
  return 'value' in sealed ? sealed.value : needs.readKey(row.workspaceId, sealed.connectionId)
}

function parse(plaintext: Uint8Array): Sealed | undefined {
  try {
    return Sealed.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')))
  } catch {
    // The cause is left out: parsers quote the text that they fail on.
    return undefined
  }
}

const unreadable = () =>
  new Problem('credential-unreadable', 'A stored variable cannot be read.', {
    next: 'An owner gives the variable its value again.',
  })

function createPut(needs: VariablesNeeds): Variables['put'] {
  const { store, keyring } = needs
  return async (owner, { name, value, connectionId }) => {
    const { workspaceId, ownerId } = owner
    // A secret is used elsewhere by it, or another one in its place.
    if (owner.via === 'session') requireFreshSignIn(owner, needs.now())
    if (connectionId !== undefined) await needs.readKey(workspaceId, connectionId)
    const [before] = await store.findByNames(workspaceId, [name])
    const at = new Date(needs.now())
    const row = {
      ...{ id: before?.id ?? needs.newId('variable'), workspaceId, name },
      version: (before?.version ?? 0) + 1,
      connectionId: connectionId ?? null,
      ...{ createdAt: before?.createdAt ?? at, updatedAt: at },
    }
    const content: Sealed =
      connectionId === undefined ? { name, value: value ?? '' } : { name, connectionId }
    const plaintext = Buffer.from(JSON.stringify(content), 'utf8')
    const sealed = await keyring.seal(contextOf(row), plaintext)
    const stored =
      before === undefined
        ? await store.insert({ ...row, sealed })
        : await store.update({ ...row, sealed }, before.version)
    if (!stored) throw conflict()
    needs.onChanged(row)
    await needs.audit.record({
      ...{ auditId: needs.newId('audit'), workspaceId, ownerId, outcome: 'done' },
      operation: 'putVariable',
      ...(connectionId !== undefined && { connectionId }),
      detail: { variableId: row.id, variable: name },
    })
    const [shown] = await store.findByNames(workspaceId, [name])
    if (shown === undefined) throw conflict()
    return { variable: view(shown, await needs.servers.listReferring(workspaceId)) }
  }
}

const conflict = () =>
  new Problem('version-conflict', 'Somebody changed the variable meanwhile.', {
    next: 'Send it again where it is still wanted.',
  })

function createDelete(needs: VariablesNeeds): Variables['delete'] {
  return async ({ workspaceId, ownerId }, { name }) => {
    const [row] = await needs.store.findByNames(workspaceId, [name])
    const outcome = await needs.store.delete({ workspaceId, name })
    if (outcome === 'in-use') {
      const users = await needs.servers.listReferring(workspaceId)
      const names = users.flatMap((one) => (one.variables.includes(name) ? [one.name] : []))
      throw new Problem('variable-in-use', `Servers refer to ${name}: ${names.join(', ')}.`, {
        next: 'Take it out of their headers and environments first.',
      })
    }
    if (outcome === 'not-found' || row === undefined) {
      throw new Problem('variable-not-found', 'There is no such variable.', {
        next: 'List the variables to see which there are.',
      })
    }
    needs.onChanged(row)
    await needs.audit.record({
      ...{ auditId: needs.newId('audit'), workspaceId, ownerId, outcome: 'done' },
      operation: 'deleteVariable',
      detail: { variableId: row.id, variable: name },
    })
    return { deleted: true }
  }
}
