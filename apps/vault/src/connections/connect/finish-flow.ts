import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import {
  type AuthorizationResponse,
  type Connection,
  Problem,
  type ProblemType,
} from '@sallyport/contracts'
import type { z } from 'zod'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { sessionOf } from '../../identity/require-session.ts'
import { readProviderText } from '../oauth/provider-text.ts'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import { stateHashOf } from './bind-flow.ts'
import type { StoredFlow } from './connect-flow-store.ts'
import type { ConnectNeeds } from './connect-needs.ts'
import { encodeHash, type FlowSecrets, isStillAsked, openFlow } from './flow-secrets.ts'
import { settle } from './settle-flow.ts'
import { isWaiting } from './view-flow.ts'

type Answer = z.infer<typeof AuthorizationResponse>
type Owner = AuthenticatedOwner

/** An attempt that this session alone may finish, with what it keeps to itself. */
interface Found {
  readonly flow: StoredFlow
  readonly secrets: FlowSecrets
}

/**
 * Builds the operation `finishConnection` (S-31). An answer counts once, in the session that asked, for the issuer that was
 * asked. The attempt is used up before its code is exchanged: whatever stops the vault then, nobody can use it again.
 * Whoever brings an answer that is not for them gets one and the same refusal.
 */
export function createFinish(needs: ConnectNeeds) {
  return async (
    owner: Owner,
    input: Answer,
  ): Promise<{ flowId: string; connection: Connection }> => {
    const sessionHash = sessionOf(owner)
    const found = await find(needs, { owner, sessionHash, state: input.state })
    if ('refusal' in found) throw await refuse(needs, owner, found)
    const { flow, secrets } = found
    if (!(await needs.store.claim({ ...flow, now: new Date(needs.now()) }))) {
      throw await refuse(needs, owner, { refusal: 'it was used already', flowId: flow.id })
    }
    const connection = await settle(needs, { owner, flow, secrets }, async () => {
      const client = await needs.clients.get(flow.workspaceId, secrets.oauthAppId)
      checkClient(secrets, client)
      checkIssuer(client, input.iss)
      const code = codeOf(input, client)
      const { redirectUri, verifier, nonce } = secrets
      const { state, iss } = input
      const answer = await needs.server.exchangeCode(client, {
        ...{ code, state, iss, redirectUri, verifier, nonce },
      })
      return { client, answer }
    })
    return { flowId: flow.id, connection }
  }
}

/** Why an answer is refused: for the audit log, never for whoever brought it. */
interface Refused {
  readonly refusal: string
  /** Where the attempt is the caller's own workspace's. */
  readonly flowId?: string
}

async function find(
  needs: ConnectNeeds,
  {
    owner,
    sessionHash,
    state,
  }: { readonly owner: Owner; readonly sessionHash: Uint8Array; readonly state: string },
): Promise<Found | Refused> {
  const flow = await needs.store.findByState(stateHashOf(needs, state))
  if (flow === undefined || flow.workspaceId !== owner.workspaceId) {
    return { refusal: 'no attempt has this state' }
  }
  const flowId = flow.id
  if (flow.ownerId !== owner.ownerId) return { refusal: 'it is another person’s', flowId }
  if (!isSame(flow.sessionHash, sessionHash)) return { refusal: 'another session began it', flowId }
  if (!isWaiting(flow, needs.now())) return { refusal: 'it was used already or has ended', flowId }
  const secrets = await openFlow(needs.keyring, flow)
  // The columns found it; what was sealed counts.
  const isOwn = secrets?.ownerId === owner.ownerId && secrets.session === encodeHash(sessionHash)
  return isOwn ? { flow, secrets } : { refusal: 'its row was changed', flowId }
}

const isSame = (a: Uint8Array | null, b: Uint8Array): boolean =>
  a !== null && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

/** Records why, and says the same whatever it is (S-09). */
async function refuse(
  needs: ConnectNeeds,
  { workspaceId, ownerId }: Owner,
  { refusal, flowId }: Refused,
): Promise<Problem> {
  const problem = flowRefused()
  const auditId = needs.newId('audit')
  await needs.audit.record({
    ...{ auditId, workspaceId, ownerId, operation: 'finishConnection', outcome: 'refused' },
    problem: problem.type,
    reason: `The provider’s answer was refused: ${refusal}.`,
    ...(flowId !== undefined && { detail: { flowId } }),
  })
  problem.auditId = auditId
  return problem
}

/** One and the same for every answer that is not for this session. */
const flowRefused = () =>
  new Problem(
    'connect-flow-refused',
    'This answer of a provider belongs to no attempt that this session has begun and not finished.',
    { next: 'Begin to connect the account again, and stay in the same browser until it is done.' },
  )

/** A client that was changed meanwhile would take the code to a place that nobody asked. */
function checkClient(secrets: FlowSecrets, client: OAuthClient): void {
  if (isStillAsked(secrets, client)) return
  throw new Problem('provider-refused', 'The OAuth app was changed since this was begun.', {
    next: 'Begin again.',
  })
}

/**
 * RFC 9207 §2.4, against an answer that another server got for itself (RFC 9700 §4.4). Where no issuer is recorded one that is
 * named has to be at the place that was asked.
 */
function checkIssuer(client: OAuthClient, iss: string | undefined): void {
  if (iss === undefined && !client.sendsIssuer) return
  if (iss !== undefined && isIssuer(client, iss)) return
  throw Object.assign(flowRefused(), { flowDetail: iss === undefined ? missing : wrong })
}

const missing =
  'The answer did not say which provider it comes from, though this provider always does.'
const wrong = 'The answer came in the name of another provider than the one that was asked.'

function isIssuer({ issuer, authorizationEndpoint, tokenEndpoint }: OAuthClient, iss: string) {
  if (issuer !== undefined) return iss === issuer
  if (!URL.canParse(iss)) return false
  const { origin } = new URL(iss)
  return [authorizationEndpoint, tokenEndpoint].some((url) => new URL(url).origin === origin)
}

/** RFC 6749 §4.1.2.1: of whose side an error is. */
const errors: Readonly<Record<string, ProblemType>> = {
  access_denied: 'authorization-refused',
  consent_required: 'authorization-refused',
  interaction_required: 'authorization-refused',
  login_required: 'authorization-refused',
  account_selection_required: 'authorization-refused',
  server_error: 'provider-unavailable',
  temporarily_unavailable: 'provider-unavailable',
}
const nextOf: Partial<Record<ProblemType, string>> = {
  'authorization-refused': 'Begin again and allow access at the provider.',
  'provider-unavailable': 'Begin again in a while.',
}

function codeOf({ code, error, error_description }: Answer, { provider }: OAuthClient): string {
  if (error !== undefined) {
    const type = (Object.hasOwn(errors, error) ? errors[error] : undefined) ?? 'provider-refused'
    const said = readProviderText(error_description ?? '', [])
    const name = readProviderText(error, [])
    const what =
      type === 'authorization-refused'
        ? `Access was not granted at ${provider}.`
        : `${provider} answered ${name === '' ? 'an error' : name}.`
    throw new Problem(type, said === '' ? what : `${what} It says: “${said}”.`, {
      next:
        nextOf[type] ??
        'An owner checks the OAuth app: its client id, its redirect URI and the scopes that it may ask for.',
    })
  }
  if (code !== undefined) return code
  throw new Problem('provider-unavailable', `The answer of ${provider} held no code.`, {
    next: 'Begin again.',
  })
}
