import { Problem, type ProblemOptions, type ProblemType, problemKinds } from '@sallyport/contracts'
import type { Answer } from './answer.ts'
import { readBounded } from './read-bounded.ts'

/** Bytes of an answer that are read: the largest body that the vault passes on, with room for its envelope. */
const answerBytesMax = 64 * 1024 * 1024
/** Characters of a foreign answer that are quoted. */
const quotedCharsMax = 200

type Members = Readonly<Record<string, unknown>>

/**
 * Reads an answer of the vault: the JSON of a success.
 * @throws Problem the vault's own, or `vault-invalid-answer` where something else answered
 */
export async function readAnswer(response: Answer): Promise<Members> {
  refuseRedirect(response)
  const text = await readBounded(response, answerBytesMax)
  const body = parseObject(text)
  if (!response.ok) throw readProblem(response, body, text)
  if (body === undefined) throw foreignAnswer(response, text)
  return body
}

/** The problem that a failed answer stands for; RFC 9457, or RFC 6749 §5.2 at the token endpoint. */
function readProblem(response: Answer, body: Members | undefined, text: string): Problem {
  if (body === undefined) return foreignAnswer(response, text)
  if (isProblemType(body.type)) return fromProblemBody(response, body, body.type)
  if (body.error === 'invalid_client') return fromTokenError(body)
  const sentence = stringOr(body.detail, stringOr(body.error_description, stringOr(body.error)))
  if (sentence === undefined) return foreignAnswer(response, text)
  // A newer vault's problem: the status still says who can act.
  return fromProblemBody(response, { ...body, detail: sentence }, typeByStatus(response.status))
}

function fromProblemBody(response: Answer, body: Members, type: ProblemType): Problem {
  const { detail, next, fields, retryAfterSeconds, auditId, ...others } = body
  const known = ['type', 'title', 'status', 'error', 'fixableBy']
  const extra = Object.fromEntries(Object.entries(others).filter(([name]) => !known.includes(name)))
  const seconds = numberOr(retryAfterSeconds, retryAfter(response))
  const options: ProblemOptions = {
    ...(typeof next === 'string' && { next }),
    ...(seconds !== undefined && { retryAfterSeconds: seconds }),
    ...(Array.isArray(fields) && { fields: fields.filter(isFieldFault) }),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
  const problem = new Problem(type, stringOr(detail), options)
  problem.auditId = stringOr(auditId)
  return problem
}

function fromTokenError(body: Members): Problem {
  const reason = stringOr(body.reason)
  const hint = stringOr(body.hint)
  return new Problem(
    'invalid-client',
    stringOr(body.error_description, 'The vault did not accept the agent’s key.'),
    {
      ...(hint !== undefined && { next: hint }),
      ...(reason !== undefined && { extra: { reason } }),
    },
  )
}

function refuseRedirect(response: Answer): void {
  const redirected = response.status >= 300 && response.status < 400
  if (!redirected && response.type !== 'opaqueredirect') return
  const location = response.headers.get('location')
  const to = location === null ? 'to another address' : `to ${quoted(location)}`
  throw new Problem('vault-invalid-answer', `The vault’s address redirects ${to}.`, {
    next: 'Use the vault’s own address as base URL; a redirect is not followed, because it would carry the token on.',
  })
}

function foreignAnswer(response: Answer, text: string): Problem {
  const type = response.headers.get('content-type') ?? 'no content type'
  const seconds = retryAfter(response)
  const begins = text.trim() === '' ? 'an empty body' : `a body that begins “${quoted(text)}”`
  return new Problem(
    'vault-invalid-answer',
    `What answered is not a vault: status ${response.status}, ${type}, ${begins}.`,
    {
      next: 'Check the base URL, and whether a proxy stands before the vault.',
      extra: { answeredStatus: response.status },
      ...(seconds !== undefined && { retryAfterSeconds: seconds }),
    },
  )
}

const quoted = (text: string): string =>
  text
    .slice(0, quotedCharsMax)
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()

function parseObject(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Members)
      : undefined
  } catch {
    return undefined // Not JSON: the caller says so, with the status.
  }
}

function retryAfter(response: Answer): number | undefined {
  const header = response.headers.get('retry-after')
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) : undefined
}

function typeByStatus(status: number): ProblemType {
  if (status === 401) return 'unauthenticated'
  if (status === 403) return 'policy-denied'
  if (status === 404) return 'not-found'
  if (status === 429) return 'limit-exceeded'
  if (status === 503) return 'overloaded'
  return status < 500 ? 'invalid-input' : 'internal-error'
}

const isProblemType = (type: unknown): type is ProblemType =>
  typeof type === 'string' && Object.hasOwn(problemKinds, type)

const isFieldFault = (fault: unknown): fault is { field: string; message: string } =>
  typeof fault === 'object' && fault !== null && 'field' in fault && 'message' in fault

function stringOr(value: unknown): string | undefined
function stringOr<T>(value: unknown, otherwise: T): string | T
function stringOr(value: unknown, otherwise?: unknown): unknown {
  return typeof value === 'string' && value !== '' ? value : otherwise
}

const numberOr = (value: unknown, otherwise: number | undefined): number | undefined =>
  typeof value === 'number' ? value : otherwise
