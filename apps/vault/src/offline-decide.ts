import type { OutputOf, PolicyDocument, PolicyDocumentInput, tryPolicy } from '@sallyport/contracts'
import type { RequestInput } from './execute/freeze-request.ts'
import { readAnswer } from './execute/read-answer.ts'
import type { Scrubber } from './execute/scrub.ts'
import { createTryDraft } from './execute/try-draft.ts'
import { acceptDocument } from './policies/accept-document.ts'
import { compileResponseRules, matchResponseRules } from './policy/compile-response-rules.ts'
import type { CalledTool } from './policy/decision.ts'
import { compileOriginPattern, matchesOrigin } from './policy/origin-pattern.ts'

// The entry point of whoever tries policies without a vault: a document and a request in, a verdict out. What freezes, decides
// and filters is what the vault does it with.

/** A request under a policy, and where the credential may go. */
export interface OfflineCase {
  readonly document: PolicyDocument
  readonly request: RequestInput
  readonly origins: readonly string[]
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** The request came as a call of this tool. */
  readonly tool?: CalledTool | undefined
}

/** What an upstream would answer. */
export interface OfflineAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}

/** What an agent would see of it. */
export type OfflineSeen =
  | { readonly withheld: string }
  | { readonly headers: Readonly<Record<string, string>>; readonly body: unknown }

/** Reads a document as the vault does before it saves it. Problem: `invalid-input`, with a fault for each field. */
export const readPolicyDocument = (input: PolicyDocumentInput): PolicyDocument =>
  acceptDocument(input)

/** Whether the origin of an allow entry names one of these. */
export function namesOrigin(pattern: string, origins: readonly string[]): boolean {
  const compiled = compileOriginPattern(pattern)
  return origins.some((origin) => matchesOrigin(compiled, origin))
}

/** Decides a request for an active agent and a healthy connection without headers of its own. */
export function decideOffline(tried: OfflineCase): Promise<OutputOf<typeof tryPolicy>> {
  const tryDraft = createTryDraft({
    findSlot: () => ({}),
    reconnectUrl: () => 'about:blank',
    now: () => tried.nowMs,
  })
  const connection = {
    id: 'con_offline',
    status: 'healthy' as const,
    origins: tried.origins,
    requestHeaders: [],
    allowEncodedSlash: false,
  }
  const { document, request, tool } = tried
  return tryDraft({ connection, draft: document, request, tool })
}

/** Filters the answer to a request as the policy's rules on answers say. No credential is searched for: there is none. */
export async function filterOffline(
  { document, request, tool }: Pick<OfflineCase, 'document' | 'request' | 'tool'>,
  answer: OfflineAnswer,
): Promise<OfflineSeen> {
  const { origin, pathname } = new URL(request.url)
  const asked = { method: request.method, origin, path: pathname, tool }
  const rules = matchResponseRules(compileResponseRules(document.response), asked)
  const read = await readAnswer(
    { ...answer, body: oneChunk(answer.body) },
    { scrubber: nothingToScrub, pace: alone, rules },
  )
  if ('withheld' in read) return { withheld: read.withheld.detail }
  return { headers: read.headers, body: read.body }
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  yield bytes
}

/** Nobody waits for a turn, and nobody for the end. */
const alone = { takeTurn: async () => {}, elapsed: () => 0, endMs: Number.POSITIVE_INFINITY }

const nothing = new Uint8Array(0)
const nothingToScrub: Scrubber = {
  stream: () => ({ push: (chunk) => chunk, end: () => nothing, hits: 0 }),
  text: (text) => text,
  isInName: () => false,
}
