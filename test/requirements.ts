/**
 * The promises that the product makes about security and reliability, as data. A test that proves one cites it with
 * `verifies('S-20')`; `requirements.test.ts` fails while a promise that stands now is uncited, and when a promise
 * marked `later` is cited, so that taking one up is a decision and not an accident.
 */
interface Requirement {
  readonly text: string
  /** Why nothing of this promise can be tested yet. Remove it in the commit that builds what the promise is about. */
  readonly since?: { readonly later: string }
}

export const requirements = {
  'S-01': {
    text: 'An assertion lives at most 60 s; an iat or nbf more than 10 s ahead is refused.',
  },
  'S-02': {
    text: 'An assertion is accepted at most once, clock leeway after its exp included.',
  },
  'S-03': { text: 'Single use holds across replicas and restarts.' },
  'S-04': { text: "aud is one JSON string, byte-equal to the vault's issuer." },
  'S-05': {
    text: 'Only the ES256 key registered for sub verifies; header members, integer times, members given twice and the exact JWK are checked; single use is by (agent, jti), not by bytes.',
  },
  'S-06': {
    text: 'Every authentication failure answers with the same 401 body; no input gives a 5xx.',
  },
  'S-07': {
    text: 'An enrolment code registers exactly one key; a second use fails and is audited.',
  },
  'S-08': {
    text: "Agent tokens reach only the agents' plane; an owner's action needs an owner's session or a token with the scope for it.",
  },
  'S-09': {
    text: 'The id of an object of another workspace or another agent behaves exactly like one that does not exist.',
  },
  'S-10': {
    text: 'After disable, rotate or revoke has returned, no new upstream request is made on any replica (1 s), and open streams end within 5 s.',
  },
  'S-11': {
    text: 'A URL with a fragment, an ambiguous path, or which differs from its own WHATWG serialisation is refused before any connection; a connection may opt in to %2F.',
  },
  'S-12': {
    text: 'Scheme, host and port are compared exactly after WHATWG parsing; anything that needed repair is refused.',
  },
  'S-13': {
    text: 'In host and path patterns only * is special; matching is anchored, bound to segments, and takes linear time.',
  },
  'S-14': {
    text: 'Policy is decided on the exact request that will be sent, on every entry point; a query rule matches if any occurrence of the decoded name and value does.',
  },
  'S-15': { text: 'Upstream redirects are not followed; Location is passed on, scrubbed.' },
  'S-16': {
    text: 'The address that was checked is the address that is dialled; if any answer is not public, the request fails.',
  },
  'S-17': {
    text: 'No outbound feature connects to a non-public address unless the operator listed its range.',
  },
  'S-18': {
    text: "Agents' headers pass an allowlist; injected headers win and appear once; hop-by-hop, proxy, forwarding, method-override and credential headers never pass.",
  },
  'S-19': {
    text: 'Controls and non-Latin-1 characters in a header or method, and methods other than GET HEAD POST PUT PATCH DELETE, are refused with a 4xx.',
  },
  'S-20': {
    text: 'No byte sent to the agent holds the injected credential, raw or in a common encoding, in status line, headers or body, streamed or not.',
  },
  'S-21': {
    text: 'Field filters and redaction apply in every mode; where they cannot be applied, the request is refused.',
  },
  'S-22': {
    text: 'Decoded bytes, header bytes, time and memory are bounded; the upstream is cut off at the limit.',
  },
  'S-23': {
    text: "One upstream's extra or late bytes never become another request's response.",
  },
  'S-24': {
    text: 'An approval covers one exact request; nothing that the agent sends at redemption can change it.',
  },
  'S-25': {
    text: 'Concurrent or repeated redemption executes at most once, over all replicas and restarts.',
  },
  'S-26': {
    text: "Approve and deny are POSTs by an entitled owner's session with CSRF defence; expired, denied or consumed never becomes approved.",
  },
  'S-27': {
    text: 'Redemption decides again: policy, connection status, credential version, freeze.',
  },
  'S-28': {
    text: 'What an agent wrote is shown as plain text, bounded, with deceptive characters made visible; the exact body can be read before approving.',
  },
  'S-29': {
    text: 'A limit counts attempts before they are sent and is shared by all tokens of the agent and all replicas.',
  },
  'S-30': { text: 'A clock change or the loss of Redis never opens a limit.' },
  'S-31': {
    text: 'An OAuth callback is accepted only with the session that started it, once, for the recorded issuer.',
  },
  'S-32': {
    text: 'One refresh per credential at a time over all replicas; only invalid_grant means needs_reauth.',
  },
  'S-33': {
    text: 'A stored secret opens only in the row, column, workspace and version it was written for; failure is closed and audited.',
  },
  'S-34': {
    text: 'With a wrong root key the vault refuses to start within 10 s, says so, and has changed nothing.',
  },
  'S-35': {
    text: 'Key rotation is online, resumable and loses nothing; the old key is needless only when no row uses it.',
  },
  'S-36': {
    text: 'The intent is committed before the first upstream byte; if it cannot be written the request fails. Refusals are audited too.',
  },
  'S-37': {
    text: 'The verifier names the first bad sequence number for any edit, and detects removal of the newest entries against the last checkpoint.',
  },
  'S-38': {
    text: 'No secret is ever in a log, audit row, metric, error or trace, or unsealed in the database.',
  },
  'S-39': {
    text: "A SQL source runs one parsed statement with bound parameters under a least-privileged role, read-only unless the owner said otherwise, with time and row limits that the server enforces; nothing of a call's session is left for the next.",
  },
  'S-40': {
    text: 'A stdio upstream runs an allowed command by absolute path, without a shell, and dies with the vault; a changed tool definition is held.',
  },
  'S-41': {
    text: 'Importing OpenAPI, Swagger or YAML is offline, bounded and inert.',
  },
  'S-42': {
    text: 'Owner sessions are opaque, hashed at rest, renewed at sign-in and change of privilege, bounded, and protected from CSRF, framing and guessing. Strict CSP without inline script.',
  },
  'S-43': {
    text: 'After any crash the vault restarts clean; no request is executed twice, no approval is lost or doubled, no credential is lost.',
  },
  'S-44': {
    text: 'With PostgreSQL, Redis or upstreams slow, gone or answering garbage, decisions fail closed, unrelated traffic goes on, and service recovers without a restart.',
  },
} as const satisfies Record<`S-${number}`, Requirement>

/** The id of a promise. */
export type RequirementId = keyof typeof requirements
