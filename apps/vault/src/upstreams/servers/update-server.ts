import { type InputOf, reachingMembers, type updateMcpServer } from '@sallyport/contracts'
import { credentialContext } from '../../connections/credential-opener.ts'
import { encodeCredential } from '../../connections/stored-credential.ts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { requireFreshSignIn } from '../../identity/require-fresh-sign-in.ts'
import { openValues } from '../kept/open-values.ts'
import { placeOf } from '../kept/place-of.ts'
import type { ServerChange, ServerRow } from '../kept/server-store.ts'
import { checkDraft, requireAllowed } from './check-draft.ts'
import { type DraftServer, draftServer } from './draft-server.ts'
import {
  getServer,
  record,
  refuseFaults,
  type ServersNeeds,
  serverChanged,
  serverExists,
} from './servers-needs.ts'

/**
 * Builds what changes a server. Whatever is wrong is said before anything is stored; a connection that serves is left alone until
 * the new one stands.
 */
export function createServerUpdate(needs: ServersNeeds) {
  return async (
    owner: AuthenticatedOwner,
    { serverId, ...input }: InputOf<typeof updateMcpServer>,
  ): Promise<ServerRow> => {
    const before = await getServer(needs, owner.workspaceId, serverId)
    const change = await draftChange(needs, owner, { before, input })
    const outcome = await needs.store.update(before, change)
    if (outcome === 'exists') throw serverExists(input.name ?? before.name)
    if (outcome === undefined) throw serverChanged()
    needs.onChanged({ server: before })
    const after = await getServer(needs, owner.workspaceId, serverId)
    await record(needs, owner, {
      operation: 'updateMcpServer',
      server: after,
      detail: { changed: Object.keys(input).filter((name) => isSaid(input, name)) },
    })
    return after
  }
}

type Input = Omit<InputOf<typeof updateMcpServer>, 'serverId'>

const isSaid = (input: Input, name: string) => input[name as keyof Input] !== undefined

async function draftChange(
  needs: ServersNeeds,
  owner: AuthenticatedOwner,
  { before, input }: { readonly before: ServerRow; readonly input: Input },
): Promise<ServerChange> {
  const at = new Date(needs.now())
  const isReaching = reachingMembers.some((name) => isSaid(input, name))
  const values = isReaching ? await valuesOf(needs, before, input) : { headers: {}, env: {} }
  const { faults, ...draft } = draftServer(input, { settings: before, values })
  refuseFaults(
    isReaching ? faults : faults.filter(({ field }) => !/^(?:url|cwd|command|args)/.test(field)),
  )
  const set = settingsOf(draft)
  if (!isReaching) return { set, at, ...renamed(before, draft, at) }
  const checked = await checkDraft(needs, owner.workspaceId, draft)
  refuseFaults(checked.faults)
  requireAllowed(needs, draft.settings)
  if (owner.via === 'session') requireFreshSignIn(owner, needs.now())
  return {
    set: {
      ...set,
      envNames: Object.keys(draft.values.env),
      headerNames: Object.keys(draft.values.headers),
      variables: checked.names,
    },
    connection: await sealAgain(needs, before, { draft, at }),
    at,
  }
}

/**
 * The values that are kept, to which masks refer. Where they cannot be opened any more, whoever gives all of them anew needs none.
 */
async function valuesOf(needs: ServersNeeds, before: ServerRow, input: Input) {
  const isWhole = [
    [input.headers, input.headersJson, before.headerNames],
    [input.env, input.envJson, before.envNames],
  ].every(
    ([plain, json, names]) => plain !== undefined || json !== undefined || names?.length === 0,
  )
  try {
    return await openValues(needs.keyring, before)
  } catch (error) {
    if (isWhole) return { headers: {}, env: {} }
    throw error
  }
}

const settingsOf = ({ settings }: DraftServer): ServerChange['set'] => {
  const { name, description, transport, command, args, cwd, url, permission } = settings
  const { connectTimeoutSeconds, readTimeoutSeconds, perAgent, enabled } = settings
  return {
    ...{ name, description, transport, command, args, cwd, url, permission, perAgent, enabled },
    ...{ connectTimeoutSeconds, readTimeoutSeconds, package: settings.package },
  }
}

/** Its account is called what it is called. */
function renamed({ name, account }: ServerRow, { settings }: DraftServer, at: Date) {
  if (name === settings.name || account.status === 'revoked') return {}
  const changes = { label: settings.name.slice(0, 120), updatedAt: at }
  return { connection: { version: account.version, changes } }
}

async function sealAgain(
  { keyring }: ServersNeeds,
  { account }: ServerRow,
  { draft, at }: { readonly draft: DraftServer; readonly at: Date },
): Promise<NonNullable<ServerChange['connection']>> {
  const { settings, values } = draft
  const version = account.version + 1
  const content = { kind: 'upstream' as const, ...values, place: placeOf(settings) }
  const sealed = await keyring.seal(
    credentialContext({ ...account, version }),
    encodeCredential(content),
  )
  const label = settings.name.slice(0, 120)
  return { version: account.version, changes: { sealed, version, label, updatedAt: at } }
}
