/** Who can put a problem right. `wait` means that time alone does. */
export type FixableBy = 'agent' | 'owner' | 'operator' | 'wait'

interface ProblemKind {
  readonly status: number
  readonly title: string
  readonly fixableBy: FixableBy
}

const kind = (status: number, fixableBy: FixableBy, title: string): ProblemKind => ({
  status,
  title,
  fixableBy,
})

/** Every problem that a vault answers with: the one table of slugs, HTTP statuses, titles and who can act. */
export const problemKinds = {
  // What was asked is malformed.
  'invalid-input': kind(400, 'agent', 'The input is not valid'),
  'invalid-json': kind(400, 'agent', 'The body is not valid JSON'),
  'invalid-url': kind(400, 'agent', 'The URL is not acceptable'),
  'invalid-method': kind(400, 'agent', 'The method is not acceptable'),
  'invalid-header': kind(400, 'agent', 'A header is not acceptable'),
  'invalid-query': kind(400, 'agent', 'The query is not acceptable'),
  'invalid-arguments': kind(400, 'agent', 'The arguments do not fit the tool'),
  'caller-credential-missing': kind(400, 'agent', 'The caller’s own credential is missing'),
  'document-refused': kind(400, 'owner', 'The document cannot be imported'),
  'model-not-offered': kind(400, 'agent', 'The vault hands out no upstream credential'),
  'unknown-action-template': kind(400, 'agent', 'There is no such action template'),
  'unsupported-media-type': kind(415, 'agent', 'The content type is not supported'),
  'body-too-large': kind(413, 'agent', 'The request body is too large'),
  'cross-origin-refused': kind(403, 'agent', 'The request came from another origin'),
  // Who asks.
  unauthenticated: kind(401, 'agent', 'Not signed in'),
  'invalid-client': kind(401, 'agent', 'The client could not be authenticated'),
  'invalid-bootstrap-secret': kind(401, 'owner', 'The enrolment code is not valid'),
  'invalid-credentials': kind(401, 'owner', 'The e-mail address or the password is not right'),
  'otp-required': kind(401, 'owner', 'A one-time code is needed to sign in'),
  'passkey-refused': kind(401, 'owner', 'The passkey was not accepted'),
  'invalid-invitation': kind(401, 'owner', 'The invitation is not valid'),
  'invalid-setup-token': kind(401, 'operator', 'The setup token is not valid'),
  'insufficient-scope': kind(403, 'owner', 'The token or the role does not allow this'),
  'session-required': kind(403, 'owner', 'A signed-in session is needed'),
  'fresh-sign-in-required': kind(403, 'owner', 'A recent sign-in is needed'),
  'already-set-up': kind(409, 'owner', 'This vault has been set up already'),
  'too-many-attempts': kind(429, 'wait', 'Too many attempts'),
  // What does not exist, or not for this caller.
  'not-found': kind(404, 'agent', 'There is nothing at this address'),
  'method-not-allowed': kind(405, 'agent', 'This address does not take this method'),
  'agent-not-found': kind(404, 'owner', 'There is no such agent'),
  'connection-not-found': kind(404, 'agent', 'There is no such connection'),
  'policy-not-found': kind(404, 'owner', 'There is no such policy'),
  'approval-not-found': kind(404, 'agent', 'There is no such approval'),
  'token-not-found': kind(404, 'owner', 'There is no such token'),
  'member-not-found': kind(404, 'owner', 'There is no such member'),
  'invitation-not-found': kind(404, 'owner', 'There is no such invitation'),
  'session-not-found': kind(404, 'owner', 'There is no such session'),
  'passkey-not-found': kind(404, 'owner', 'There is no such passkey'),
  'capability-request-not-found': kind(404, 'owner', 'There is no such capability request'),
  'oauth-app-not-found': kind(404, 'owner', 'There is no such OAuth app'),
  'connect-flow-not-found': kind(404, 'owner', 'There is no such attempt to connect'),
  'single-sign-on-not-found': kind(404, 'owner', 'Single sign-on is not set up'),
  'remembered-approval-not-found': kind(404, 'owner', 'There is no such remembered approval'),
  'audit-entry-not-found': kind(404, 'owner', 'There is no such entry in the audit log'),
  'notification-channel-not-found': kind(404, 'owner', 'There is no such notification channel'),
  'audit-stream-not-found': kind(404, 'owner', 'There is no such audit stream'),
  'alert-not-found': kind(404, 'owner', 'There is no such alert'),
  'toolset-not-found': kind(404, 'owner', 'There is no such toolset'),
  'tool-not-found': kind(404, 'agent', 'There is no such tool'),
  'toolset-template-not-found': kind(404, 'owner', 'There is no such template'),
  'toolset-version-not-found': kind(404, 'owner', 'There is no such version of the toolset'),
  'consumer-token-not-found': kind(404, 'owner', 'There is no such consumer token'),
  'mcp-server-not-found': kind(404, 'owner', 'There is no such MCP server'),
  'mcp-server-exists': kind(409, 'owner', 'There is an MCP server of this name already'),
  'variable-not-found': kind(404, 'owner', 'There is no such variable'),
  'variable-in-use': kind(409, 'owner', 'Servers refer to this variable'),
  'source-not-found': kind(404, 'owner', 'There is no such SQL source'),
  'toolset-exists': kind(409, 'owner', 'There is a toolset of this name already'),
  'mail-server-not-found': kind(404, 'owner', 'No mail server is set up'),
  'ambiguous-connection': kind(409, 'agent', 'More than one connection fits'),
  'connection-exists': kind(409, 'owner', 'This service is connected already'),
  'policy-exists': kind(409, 'owner', 'This agent already has a policy for this connection'),
  'capability-already-requested': kind(409, 'agent', 'This capability has been asked for already'),
  'capability-already-granted': kind(409, 'agent', 'This capability has been granted already'),
  'capability-request-not-pending': kind(409, 'owner', 'The capability request has been answered'),
  'version-conflict': kind(409, 'owner', 'Somebody changed this meanwhile'),
  'agent-not-pending': kind(409, 'owner', 'The agent is not in a state that allows this'),
  'last-owner': kind(409, 'owner', 'A workspace keeps at least one owner'),
  'email-taken': kind(409, 'owner', 'This e-mail address is in use'),
  'oauth-app-exists': kind(409, 'owner', 'There is an OAuth app for this provider already'),
  'oauth-app-in-use': kind(409, 'owner', 'Connections use this OAuth app'),
  'oauth-app-missing': kind(409, 'owner', 'There is no OAuth app for this provider yet'),
  'not-an-oauth-connection': kind(409, 'owner', 'This connection has no account to sign in to'),
  'different-account': kind(409, 'owner', 'That is another account'),
  'notification-channel-not-linked': kind(
    409,
    'owner',
    'The channel is not linked to an account yet',
  ),
  'totp-already-enabled': kind(409, 'owner', 'One-time codes are in use already'),
  'totp-not-enabled': kind(409, 'owner', 'One-time codes are not in use'),
  // What became of an approval.
  'approval-mismatch': kind(409, 'agent', 'The request is not the one that was approved'),
  'approval-denied': kind(403, 'owner', 'An owner denied this request'),
  'approval-expired': kind(409, 'agent', 'The approval has expired'),
  'approval-consumed': kind(409, 'agent', 'The approval has been used'),
  'approval-cancelled': kind(409, 'agent', 'The approval was withdrawn'),
  'tool-changed': kind(409, 'owner', 'The tool has changed since it was looked at'),
  'approval-stale': kind(409, 'agent', 'What was approved has changed since'),
  'approval-not-pending': kind(409, 'owner', 'The approval has been answered'),
  'already-approved': kind(409, 'owner', 'This person has approved it already'),
  'too-many-approvals': kind(429, 'wait', 'Too many requests wait for an owner'),
  // What the policy says.
  'policy-denied': kind(403, 'owner', 'The policy does not allow this request'),
  'policy-expired': kind(403, 'owner', 'The policy has expired'),
  'outside-window': kind(403, 'wait', 'The policy does not allow requests at this time'),
  'origin-not-allowed': kind(403, 'owner', 'The credential may not be sent to this origin'),
  'connection-revoked': kind(403, 'owner', 'The connection has been revoked'),
  'connection-needs-reauth': kind(403, 'owner', 'The connection has to be reconnected'),
  'agent-disabled': kind(403, 'owner', 'The agent is disabled'),
  'workspace-frozen': kind(403, 'owner', 'The workspace is frozen'),
  'limit-exceeded': kind(429, 'wait', 'A limit of the policy is used up'),
  'request-too-large': kind(413, 'agent', 'The request is larger than the policy allows'),
  // What came of connecting an account.
  'connect-flow-refused': kind(
    403,
    'owner',
    'The answer does not belong to an attempt of this session',
  ),
  'authorization-refused': kind(403, 'owner', 'The provider did not grant access'),
  'sign-in-refused': kind(403, 'owner', 'This account may not sign in here'),
  'provider-refused': kind(502, 'owner', 'The provider refused the client or the credential'),
  'provider-unavailable': kind(503, 'wait', 'The provider did not answer as it should'),
  'token-refresh-failed': kind(503, 'wait', 'The access token could not be renewed'),
  'notification-failed': kind(502, 'owner', 'The notification was not taken'),
  'callback-refused': kind(401, 'agent', 'The callback is not signed as it should be'),
  // What the operator has not allowed.
  'install-not-allowed': kind(403, 'operator', 'Owners may not install packages here'),
  'install-failed': kind(502, 'owner', 'The package could not be installed'),
  // What happened on the way out.
  'address-refused': kind(403, 'operator', 'The upstream address is not allowed'),
  'upstream-command-refused': kind(403, 'operator', 'The program of the server may not be run'),
  'upstream-unreachable': kind(502, 'wait', 'The upstream could not be reached'),
  'upstream-invalid-response': kind(502, 'wait', 'The upstream answered garbage'),
  'upstream-sign-in-required': kind(403, 'owner', 'The MCP server has to be signed in to'),
  'upstream-not-connected': kind(503, 'wait', 'The upstream server is not connected'),
  'upstream-timeout': kind(504, 'wait', 'The upstream did not answer in time'),
  'response-withheld': kind(502, 'owner', 'The answer was withheld by a rule of the policy'),
  'budget-exceeded': kind(429, 'wait', 'The budget of the policy is used up'),
  'response-too-large': kind(502, 'agent', 'The upstream answered more than is allowed'),
  'request-stopped': kind(403, 'owner', 'The request was stopped'),
  // What the vault itself lacks.
  'audit-unavailable': kind(503, 'wait', 'The audit log cannot be written'),
  'store-unavailable': kind(503, 'wait', 'The database does not answer'),
  'credential-unreadable': kind(503, 'operator', 'The credential cannot be opened'),
  overloaded: kind(503, 'wait', 'The vault is busy'),
  draining: kind(503, 'wait', 'The vault is stopping'),
  'internal-error': kind(500, 'operator', 'Something went wrong in the vault'),
  // What a client finds in place of an answer; a vault never sends these.
  'vault-unreachable': kind(503, 'operator', 'The vault could not be reached'),
  'vault-timeout': kind(504, 'wait', 'The vault did not answer in time'),
  'vault-invalid-answer': kind(502, 'operator', 'The answer did not come from a vault'),
} as const satisfies Record<string, ProblemKind>

/** The slug of a problem; stable, and the `type` of an RFC 9457 answer. */
export type ProblemType = keyof typeof problemKinds

/** All slugs, in the order of the table. */
export const problemTypes = Object.keys(problemKinds) as [ProblemType, ...ProblemType[]]

/** What may go along with a problem. Everything but `cause` is public. */
export interface ProblemOptions {
  /** What to do next and who can do it: one plain sentence. */
  readonly next?: string
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number
  /** Faults by field, where the input was wrong. */
  readonly fields?: readonly FieldFault[]
  /** Further public members of the answer, e.g. `suggestions`. */
  readonly extra?: Readonly<Record<string, unknown>>
  /** Logged, never answered. */
  readonly cause?: unknown
}

/** One wrong field: where it is (`credential.token`) and what to write instead. */
export interface FieldFault {
  readonly field: string
  readonly message: string
}

/**
 * An expected failure. `detail` is a public sentence saying what happened; `next` says what to do.
 * Answered by HTTP as RFC 9457 problem details, and turned back into the same class by the SDK.
 */
export class Problem extends Error {
  readonly type: ProblemType
  readonly detail: string
  readonly next: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly fields: readonly FieldFault[] | undefined
  readonly extra: Readonly<Record<string, unknown>> | undefined
  /** The audit entry that recorded the failure; set where the failure was recorded. */
  auditId: string | undefined

  constructor(type: ProblemType, detail?: string, options: ProblemOptions = {}) {
    const text = detail ?? `${problemKinds[type].title}.`
    super(text, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Problem'
    this.type = type
    this.detail = text
    this.next = options.next
    this.retryAfterSeconds = options.retryAfterSeconds
    this.fields = options.fields
    this.extra = options.extra
    this.auditId = undefined
  }

  get status(): number {
    return problemKinds[this.type].status
  }

  get title(): string {
    return problemKinds[this.type].title
  }

  get fixableBy(): FixableBy {
    return problemKinds[this.type].fixableBy
  }
}

/** The body of `application/problem+json`: RFC 9457 plus `error`, the one sentence that older clients show. */
export interface ProblemBody {
  readonly type: ProblemType
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly error: string
  readonly next: string
  readonly fixableBy: FixableBy
  readonly fields?: readonly FieldFault[]
  readonly retryAfterSeconds?: number
  readonly auditId?: string
  readonly requestId?: string
  readonly [extra: string]: unknown
}

/** Where whoever threw a problem had nothing better to say. */
const nextOf: Readonly<Record<FixableBy, string>> = {
  agent: 'Correct what is named and send it again.',
  owner: 'An owner of the workspace can change this.',
  operator: 'The operator of the vault can change this.',
  wait: 'Try again in a moment.',
}

/** Writes a problem as its public body. `error` joins what happened and what to do next, which every problem says. */
export function toProblemBody(problem: Problem, requestId?: string): ProblemBody {
  const next = problem.next ?? nextOf[problem.fixableBy]
  return {
    ...problem.extra,
    type: problem.type,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    error: `${problem.detail} ${next}`,
    next,
    fixableBy: problem.fixableBy,
    ...(problem.fields !== undefined && { fields: problem.fields }),
    ...(problem.retryAfterSeconds !== undefined && {
      retryAfterSeconds: problem.retryAfterSeconds,
    }),
    ...(problem.auditId !== undefined && { auditId: problem.auditId }),
    ...(requestId !== undefined && { requestId }),
  }
}
