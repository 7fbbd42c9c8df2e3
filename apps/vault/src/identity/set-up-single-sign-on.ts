import {
  type getSingleSignOn,
  type InputOf,
  type OutputOf,
  Problem,
  type putSingleSignOn,
  secretCharsMin,
} from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { notAnOwner, requireOwner } from './members.ts'
import { ownerEvent } from './owner-event.ts'
import { requireFreshSignIn } from './require-fresh-sign-in.ts'
import type { SingleSignOnClient } from './single-sign-on-client.ts'
import { notSetUp } from './single-sign-on-problems.ts'
import type {
  OpenedSettings,
  SingleSignOnSettings,
  StoredSettings,
} from './single-sign-on-settings.ts'
import type { SingleSignOnStore } from './single-sign-on-store.ts'

/** Of a secret, the last characters are shown; of a short one, nothing. */
const hintChars = 4

interface SetUpNeeds {
  readonly store: SingleSignOnStore
  readonly settings: StoredSettings
  readonly client: Pick<SingleSignOnClient, 'readIssuer'>
  readonly record: RecordEvent
  readonly redirectUri: () => string
  readonly now: () => number
}

/** How single sign-on is set up: by an owner who signed in a moment ago. Whoever may set it decides who gets in. */
export function createSetUpSingleSignOn(needs: SetUpNeeds) {
  const { store, record, now, redirectUri } = needs
  return {
    /** Problem: `credential-unreadable`. */
    async get({ workspaceId }: AuthenticatedOwner): Promise<OutputOf<typeof getSingleSignOn>> {
      const found = await needs.settings.read(workspaceId)
      return {
        ...(found !== undefined && { singleSignOn: view(found) }),
        redirectUri: redirectUri(),
      }
    },

    /**
     * Saves the settings once the provider's metadata were read. Problems: `insufficient-scope`, `fresh-sign-in-required`,
     * `invalid-input` where a secret is missing, `version-conflict`; of the provider: see the client.
     */
    async put(
      actor: AuthenticatedOwner,
      input: InputOf<typeof putSingleSignOn>,
    ): Promise<OutputOf<typeof putSingleSignOn>> {
      requireOwner(actor)
      requireFreshSignIn(actor, now())
      const { workspaceId, ownerId: actorId } = actor
      const current = await findCurrent(needs.settings, workspaceId, input)
      const given = withSecret(input, current.opened?.settings)
      // As the provider writes it: with or without a slash at the end.
      const settings = { ...given, issuer: await needs.client.readIssuer(given) }
      const version = current.version + 1
      const sealed = await needs.settings.seal(settings, { workspaceId, version })
      const endsSessions = !isSameClient(settings, current.opened?.settings)
      const saved = await store.put({
        ...{ workspaceId, actorId, sealed, version, endsSessions, nowMs: now() },
      })
      if (saved === 'actor-not-owner') throw notAnOwner()
      if (saved === 'version-conflict') throw conflict()
      await record(ownerEvent(actor, 'putSingleSignOn', detailOf(settings, input)))
      return {
        singleSignOn: view({ workspaceId, version, settings, ...saved }),
        redirectUri: redirectUri(),
      }
    },

    /** Problems: `single-sign-on-not-found`, `insufficient-scope`, `fresh-sign-in-required`. */
    async delete(actor: AuthenticatedOwner): Promise<{ deleted: true }> {
      requireOwner(actor)
      requireFreshSignIn(actor, now())
      const { workspaceId, ownerId: actorId } = actor
      const ended = await store.delete({ workspaceId, actorId })
      if (ended === 'actor-not-owner') throw notAnOwner()
      if (ended === 'not-found') throw notSetUp()
      await record(ownerEvent(actor, 'deleteSingleSignOn', { sessionsEnded: ended }))
      return { deleted: true }
    },
  }
}

type Input = InputOf<typeof putSingleSignOn>

/** What stands now. Settings that cannot be read any more can be replaced by who needs nothing of them. */
async function findCurrent(
  settings: StoredSettings,
  workspaceId: string,
  { clientSecret, clientAuthentication }: Input,
): Promise<{ version: number; opened?: OpenedSettings }> {
  const row = await settings.find(workspaceId)
  if (row === undefined) return { version: 0 }
  try {
    return { version: row.version, opened: await settings.open(row) }
  } catch (error) {
    if (clientSecret === undefined && clientAuthentication !== 'none') throw error
    return { version: row.version }
  }
}

/** The settings with their secret: the one given, or else the one kept, which goes to nobody but whom it was given for. */
function withSecret(
  { clientSecret, ...rest }: Input,
  current: SingleSignOnSettings | undefined,
): SingleSignOnSettings {
  if (rest.clientAuthentication === 'none') return rest
  if (clientSecret !== undefined) return { ...rest, clientSecret }
  const kept =
    current !== undefined && isSameClient(rest, current) ? current.clientSecret : undefined
  if (kept === undefined) throw secretMissing()
  return { ...rest, clientSecret: kept }
}

const isSameClient = (
  one: Pick<SingleSignOnSettings, 'issuer' | 'clientId'>,
  other: SingleSignOnSettings | undefined,
) =>
  other !== undefined &&
  one.clientId === other.clientId &&
  new URL(one.issuer).href === new URL(other.issuer).href

function view({ settings, createdAt, updatedAt }: OpenedSettings) {
  const { clientSecret, ...rest } = settings
  return {
    ...rest,
    secretHint: hint(clientSecret),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

const hint = (secret: string | undefined) =>
  secret === undefined || secret.length < secretCharsMin + hintChars
    ? ''
    : `…${secret.slice(-hintChars)}`

/** What an auditor has to see: who is let in, by whom, and as what. */
const detailOf = (settings: SingleSignOnSettings, { clientSecret }: Input) => ({
  issuer: settings.issuer,
  clientId: settings.clientId,
  secret: clientSecret === undefined ? 'kept' : 'given',
  allowedDomains: settings.allowedDomains,
  allowedGroups: settings.allowedGroups,
  roleMapping: settings.roleMapping.map(({ group, role }) => `${group}: ${role}`),
  defaultRole: settings.defaultRole ?? 'none',
  required: String(settings.required),
  assumeEmailVerified: String(settings.assumeEmailVerified),
})

const secretMissing = () =>
  new Problem('invalid-input', 'The client secret is missing.', {
    next: 'Give clientSecret: one that is kept goes to the issuer and the client that it was given for, and to no other.',
    fields: [{ field: 'clientSecret', message: 'is needed for another issuer or client' }],
  })

const conflict = () =>
  new Problem('version-conflict', 'Somebody changed single sign-on meanwhile.', {
    next: 'Look at the settings and save them again.',
  })
