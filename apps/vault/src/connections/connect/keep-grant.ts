import { Problem } from '@sallyport/contracts'
import type { ConnectionRecord, StoredConnection } from '../connection-store.ts'
import { credentialContext } from '../credential-opener.ts'
import { alreadyConnected } from '../draft-requests.ts'
import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import { encodeCredential } from '../stored-credential.ts'
import { requireAccount } from './begin-flow.ts'
import type { NotConnected, StoredFlow } from './connect-flow-store.ts'
import type { ConnectNeeds } from './connect-needs.ts'
import type { FlowSecrets, NewDraft } from './flow-secrets.ts'
import { giveBack } from './give-back.ts'

/** What a provider granted, for the attempt that asked for it. */
export interface Grant {
  readonly flow: StoredFlow
  readonly secrets: FlowSecrets
  readonly client: OAuthClient
  readonly answer: TokenAnswer
}

/** How often a reconnection is worked out anew because somebody else was faster. */
const attemptsMax = 4
const labelCharsMax = 120

/**
 * Makes the connection, or connects it anew: with its tokens, and with the end of the attempt, or not at all. A grant that comes to
 * nothing is given back to the provider.
 * @throws Problem connection-exists, connection-revoked, different-account, connect-flow-refused, version-conflict
 */
export async function keepGrant(needs: ConnectNeeds, grant: Grant): Promise<ConnectionRecord> {
  const { draft } = grant.secrets
  const kept =
    draft.kind === 'new'
      ? await makeNew(needs, grant, draft)
      : await connectAnew(needs, grant, draft.connectionId)
  if (!(kept instanceof Problem)) return kept
  const { flow, secrets, client, answer } = grant
  await giveBack(needs, { flow, oauthAppId: secrets.oauthAppId, client, answer })
  throw kept
}

async function makeNew(
  needs: ConnectNeeds,
  { flow, secrets, client, answer }: Grant,
  draft: NewDraft,
): Promise<ConnectionRecord | Problem> {
  const now = new Date(needs.now())
  const { oauthAppId, provider } = secrets
  const { kind: _kind, label, isNamed, ...requests } = draft
  const row: Omit<StoredConnection, 'sealed'> = {
    id: needs.newId('connection'),
    workspaceId: flow.workspaceId,
    provider,
    ...requests,
    label: isNamed ? label : withAccount(label, answer.account),
    ...{ status: 'healthy', statusReason: null },
    ...{ credentialKind: 'oauth2', credentialHint: '', oauthAppId },
    ...scopesOf(secrets, answer),
    account: answer.account ?? null,
    accountSubject: answer.subject ?? null,
    ...{ version: 1, createdAt: now, updatedAt: now, revokedAt: null },
  }
  const sealed = await needs.keyring.seal(
    credentialContext(row),
    encodeCredential({ kind: 'oauth2', oauthAppId, place: client.place }),
  )
  const tokens = await needs.sealFirst(row, answer, { nowMs: now.getTime() })
  const connection = { ...row, sealed }
  const kept = await needs.store.connect({ flowId: flow.id, oauthAppId, connection, tokens, now })
  return typeof kept === 'string' ? problemOf(kept, draft.service) : kept
}

async function connectAnew(
  needs: ConnectNeeds,
  grant: Grant,
  connectionId: string,
): Promise<ConnectionRecord | Problem> {
  const { workspaceId } = grant.flow
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const current = await needs.findConnection(workspaceId, connectionId)
    const hindrance = await hindranceOf(needs, grant, current)
    if (hindrance !== undefined || current === undefined) return hindrance ?? gone()
    const kept = await replaceGrant(needs, grant, current)
    if (kept !== 'changed') return typeof kept === 'string' ? problemOf(kept, '') : kept
  }
  return new Problem('version-conflict', 'The connection is being changed by somebody else.', {
    next: 'Connect the account again in a moment.',
  })
}

/** Why a connection cannot take the grant. */
async function hindranceOf(
  needs: ConnectNeeds,
  { secrets, answer }: Grant,
  current: StoredConnection | undefined,
): Promise<Problem | undefined> {
  try {
    if ((await requireAccount(needs, current)) !== secrets.oauthAppId) {
      return new Problem('connect-flow-refused', 'The connection has another OAuth app by now.', {
        next: 'Begin again.',
      })
    }
  } catch (error) {
    if (error instanceof Problem && error.type !== 'store-unavailable') return error
    throw error
  }
  const known = current?.accountSubject ?? undefined
  if (known === undefined || known === answer.subject) return undefined
  const account = current?.account ?? 'the account of this connection'
  return new Problem(
    'different-account',
    answer.account === undefined
      ? `The provider did not say whose account it is, so that it may not be ${account}.`
      : `${answer.account} signed in, and this connection is of ${account}. Nothing was changed.`,
    {
      next: `Sign in as ${account} at the provider, or connect the other account as a connection of its own.`,
    },
  )
}

async function replaceGrant(
  needs: ConnectNeeds,
  { flow, secrets, client, answer }: Grant,
  current: StoredConnection,
): Promise<ConnectionRecord | NotConnected> {
  const now = new Date(needs.now())
  const { oauthAppId } = secrets
  const tokensBefore = await needs.store.findTokensVersion(current.id)
  const next = { ...current, version: current.version + 1 }
  const sealed = await needs.keyring.seal(
    credentialContext(next),
    encodeCredential({ kind: 'oauth2', oauthAppId, place: client.place }),
  )
  const tokens = await needs.sealFirst(next, answer, {
    nowMs: now.getTime(),
    version: (tokensBefore ?? 0) + 1,
  })
  return needs.store.reconnect({
    flowId: flow.id,
    oauthAppId,
    at: current,
    changes: {
      ...{ status: 'healthy', statusReason: null, oauthAppId, sealed, version: next.version },
      ...scopesOf(secrets, answer),
      account: answer.account ?? current.account,
      accountSubject: answer.subject ?? current.accountSubject,
    },
    tokens,
    tokensBefore,
    now,
  })
}

/** RFC 6749 §5.1: who names no scopes granted those that were asked for. */
const scopesOf = ({ scopes }: FlowSecrets, answer: TokenAnswer) => ({
  requestedScopes: scopes,
  grantedScopes: [...(answer.scopes ?? scopes)],
})

function withAccount(label: string, account: string | undefined): string {
  if (account === undefined) return label
  return [...`${label} (${account})`].slice(0, labelCharsMax).join('').trim()
}

function problemOf(why: NotConnected, service: string): Problem {
  return why === 'exists' ? alreadyConnected(service) : gone()
}

const gone = () =>
  new Problem('connect-flow-refused', 'The attempt was given up meanwhile.', {
    next: 'Begin again.',
  })
