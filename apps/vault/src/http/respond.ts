import { type Problem, toProblemBody } from '@sallyport/contracts'

/** Of every answer that says nothing else: nothing may run, load or frame. (ASVS 5.0 V3.4) */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

/** What differs from answer to answer. */
export interface Answer {
  readonly status: number
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
  readonly type: string
  readonly requestId: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Makes every answer of the vault: one place for the security headers, so that none can be without them. */
export interface Responder {
  send(answer: Answer): Response
  json(
    status: number,
    value: unknown,
    rest: { requestId: string; headers?: Readonly<Record<string, string>> },
  ): Response
  /** RFC 9457. */
  problem(problem: Problem, requestId: string): Response
}

/** `secure`: the public URL has TLS, so browsers are told to stay on it (RFC 6797). */
export function createResponder(secure: boolean): Responder {
  const always: Readonly<Record<string, string>> = secure
    ? { ...securityHeaders, 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
    : securityHeaders
  const send: Responder['send'] = (answer) =>
    new Response(answer.body, {
      status: answer.status,
      headers: {
        'content-type': answer.type,
        'x-request-id': answer.requestId,
        ...always,
        ...answer.headers,
      },
    })
  return {
    send,
    json: (status, value, rest) =>
      send({ status, body: JSON.stringify(value), type: 'application/json', ...rest }),
    problem: (problem, requestId) =>
      send({
        status: problem.status,
        body: JSON.stringify(toProblemBody(problem, requestId)),
        type: 'application/problem+json',
        requestId,
        headers: {
          ...(problem.status === 401 && { 'www-authenticate': 'Bearer' }),
          ...(problem.retryAfterSeconds !== undefined && {
            'retry-after': String(Math.max(1, Math.ceil(problem.retryAfterSeconds))),
          }),
        },
      }),
  }
}
