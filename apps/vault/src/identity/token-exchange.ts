import { createHash, type KeyObject } from 'node:crypto'
import {
  type AgentPublicKey,
  clientAssertionType,
  type InputOf,
  type issueAgentToken,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import {
  type AssertionVerdict,
  clockLeewaySeconds,
  readAssertion,
  type UnverifiedAssertion,
  verifyAssertion,
} from './assertion.ts'
import type { RecordEvent } from './audit-event.ts'
import { importPublicKey } from './public-key.ts'
import { newToken, type TokenHash } from './secret-token.ts'

/** Seconds for which an access token is good. */
const accessTokenLifeSeconds = 600

/**
 * Verified against where there is no key, so that an unknown agent costs and answers what a forgery does. Its private
 * part was never written down; and whatever verifies with it is refused all the same.
 */
const nobodysKey: AgentPublicKey = {
  kty: 'EC',
  crv: 'P-256',
  x: 'qEnBRjxfV4_E6xMl0OCvAbUVizOUd7LdktGO9t_oQVs',
  y: 'RwDybIXw7s8pwlqwvVkaO86s8PGaxRa7T9m2p2GfUsw',
}

/** What the exchange needs to know of an agent. */
export interface AgentKey {
  readonly workspaceId: string
  readonly status: 'pending' | 'active' | 'disabled'
  readonly publicKey: AgentPublicKey | null
}

/** What the exchange stores, in one transaction. */
export interface TokenGrant {
  readonly agentId: string
  /** The key that verified: an agent whose key was replaced meanwhile gets nothing. */
  readonly publicKey: AgentPublicKey
  readonly jtiHash: Uint8Array
  readonly useExpiresAtMs: number
  readonly tokenHash: Uint8Array
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export interface TokenExchangeStore {
  findAgentKey(agentId: string): Promise<AgentKey | undefined>
  /**
   * Uses up (agent, jti) and stores the token, both or neither (S-02, S-03). `overdue`: by the store's own clock the assertion has
   * been over for so long that nobody may know any more whether it was used.
   */
  grantToken(grant: TokenGrant): Promise<'granted' | 'replayed' | 'agent-changed' | 'overdue'>
}

interface TokenExchangeNeeds {
  readonly store: TokenExchangeStore
  readonly record: RecordEvent
  /** The vault's public URL without trailing slash: the only audience (S-04). */
  readonly issuer: () => string
  readonly tokenHash: TokenHash
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}

type Input = Partial<InputOf<typeof issueAgentToken>>
/** Counts what somebody asks for. @throws Problem `too-many-attempts` */
type Admit = (name: string) => Promise<void>
type Refusal = { readonly reason: string; readonly hint?: string }

/**
 * Exchanges a client assertion for an access token: RFC 6749 §4.4 with RFC 7523 §2.2.
 *
 * Every failure, a wrong `grant_type` included, is the same Problem `invalid-client` (S-06). RFC 6749 §5.2 would have
 * that one told apart, but the vault has one grant, and one body for everything leaves nothing to probe.
 *
 * `admit` counts what an agent's key signed, before anything is kept of it, and apart from what the agent asks with its tokens: whoever
 * sends a captured assertion again and again fills no log, and uses up nothing else. @throws Problem too-many-attempts of it
 */
export function createTokenExchange(needs: TokenExchangeNeeds) {
  const dummyKey = importPublicKey(nobodysKey)

  return async (input: Input, admit?: Admit): Promise<OutputOf<typeof issueAgentToken>> => {
    const assertion = readRequest(input)
    if (assertion === undefined) throw invalidClient()
    const agent = await needs.store.findAgentKey(assertion.agentId)
    const verdict = await verifyAssertion(assertion, {
      key: keyOf(agent) ?? dummyKey,
      issuer: needs.issuer(),
      nowMs: needs.now(),
    })
    if (agent?.publicKey != null && isSigned(verdict)) await admit?.(countOf(assertion, verdict))
    const grant = await tryGrant(needs, { assertion, agent, verdict })
    if ('token' in grant) return grant.token
    await recordRefusal(needs.record, { agent, assertion, verdict, reason: grant.reason })
    throw invalidClient(grant.hint)
  }
}

/** What is over, or is for another vault, anybody may have and send: it is counted apart, and keeps no new one from being taken. */
const countOf = ({ agentId }: UnverifiedAssertion, { outcome }: AssertionVerdict): string =>
  `${outcome === 'good' ? 'tokens' : 'refused-tokens'}:${agentId}`

/** Did the holder of the key write it? */
const isSigned = (verdict: AssertionVerdict): boolean =>
  verdict.outcome !== 'bad' || verdict.signatureGood

function readRequest(input: Input): UnverifiedAssertion | undefined {
  const parameter = (name: string) => (Object.hasOwn(input, name) ? input[name] : undefined)
  const grantType = parameter('grant_type')
  if (grantType !== 'client_credentials' && grantType !== 'client_assertion') return undefined
  if (parameter('client_assertion_type') !== clientAssertionType) return undefined
  const assertion = readAssertion(parameter('client_assertion'))
  const clientId = parameter('client_id')
  // RFC 7521 §4.2: a client_id that is there has to identify the same client.
  return clientId === undefined || clientId === assertion?.agentId ? assertion : undefined
}

function keyOf(agent: AgentKey | undefined): KeyObject | undefined {
  return agent?.publicKey ? importPublicKey(agent.publicKey) : undefined
}

async function tryGrant(
  needs: TokenExchangeNeeds,
  tried: { assertion: UnverifiedAssertion; agent: AgentKey | undefined; verdict: AssertionVerdict },
): Promise<{ token: OutputOf<typeof issueAgentToken> } | Refusal> {
  const { assertion, agent, verdict } = tried
  if (agent?.publicKey == null || verdict.outcome === 'bad') return { reason: 'not accepted' }
  if (agent.status !== 'active') return { reason: `the agent is ${agent.status}` }
  if (verdict.outcome === 'clock') return { reason: 'clock skew', hint: clockHint(needs.now()) }
  const token = newToken('agent', needs.randomBytes)
  const createdAtMs = needs.now()
  const granted = await needs.store.grantToken({
    agentId: assertion.agentId,
    publicKey: agent.publicKey,
    jtiHash: createHash('sha256').update(verdict.jti).digest(),
    useExpiresAtMs: (verdict.expiresAtSeconds + clockLeewaySeconds) * 1000,
    tokenHash: needs.tokenHash(token),
    createdAtMs,
    expiresAtMs: createdAtMs + accessTokenLifeSeconds * 1000,
  })
  if (granted !== 'granted') return { reason: granted }
  await needs.record({
    workspaceId: agent.workspaceId,
    operation: 'issueAgentToken',
    outcome: 'done',
    agentId: assertion.agentId,
  })

  return {
    token: { access_token: token, token_type: 'Bearer', expires_in: accessTokenLifeSeconds },
  }
}

/** Only what the holder of the key wrote is recorded: anybody can send the rest, as often as they like. */
async function recordRefusal(
  record: RecordEvent,
  refused: {
    agent: AgentKey | undefined
    assertion: UnverifiedAssertion
    verdict: AssertionVerdict
    reason: string
  },
): Promise<void> {
  const { agent, assertion, verdict, reason } = refused
  if (agent?.publicKey == null || !isSigned(verdict)) return
  await record({
    workspaceId: agent.workspaceId,
    operation: 'issueAgentToken',
    outcome: 'refused',
    agentId: assertion.agentId,
    problem: 'invalid-client',
    reason,
  })
}

const clockHint = (nowMs: number) =>
  `The clock of this machine is off: the vault's says ${new Date(nowMs).toISOString()}. Set the clock and sign a new assertion that lives 60 s at most.`

/** The one failure of the token endpoint; a clock that is off is told apart only where the signature was good. */
function invalidClient(hint?: string): Problem {
  return new Problem('invalid-client', 'The client assertion was not accepted.', {
    next: 'Check the agent id, its private key and the audience, and sign a new assertion for every exchange. An owner can see the status and the key of the agent.',
    ...(hint !== undefined && { extra: { reason: 'clock_skew', hint } }),
  })
}

/**
 * Writes a refusal of the token endpoint in the form of RFC 6749 §5.2. Whatever was wrong with a request, its body
 * included, is the one `invalid_client` (S-06).
 */
export function toTokenErrorBody(problem: Problem): Record<string, unknown> {
  const { detail, next, extra } = problem.type === 'invalid-client' ? problem : invalidClient()
  return { error: 'invalid_client', error_description: `${detail} ${next}`, ...extra }
}
