import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import { plainWords } from '../plain-words.ts'
import type { SendResult } from '../sender.ts'

/** The way out over HTTP; `createEgressFetch` fits. Redirects are answered and not followed. */
export type NotifyFetch = (
  url: string,
  options: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string | Uint8Array
    readonly signal: AbortSignal
  },
) => Promise<Response>

/** What the other side said. */
export interface HttpAnswer {
  readonly status: number
  /** Bounded and printable; empty where it said nothing, or something with a secret in it. */
  readonly words: string
  readonly body: string
  readonly retryAfterSeconds: number | undefined
}

const wordsCharsMax = 200
/** Shorter texts are in everything. */
const secretCharsMin = 6

/** What is posted. `secrets` never come back in the words of the answer. */
interface PostRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly signal: AbortSignal
  readonly secrets: readonly string[]
}

/** Posts, and reads the whole answer. Problems: of `fetch`. */
export type Post = (url: string, request: PostRequest) => Promise<HttpAnswer>

/** What senders over HTTP need. */
export interface HttpNeeds {
  readonly post: Post
  /** By the rule of upstream origins (S-17): true, or a sentence that says why not. */
  readonly mayUseOrigin: (origin: string) => true | string
}

/** Builds `post`. */
export function createPost(needs: {
  readonly fetch: NotifyFetch
  readonly now: () => number
}): Post {
  return async (url, { headers, body, signal, secrets }) => {
    const response = await needs.fetch(url, { method: 'POST', headers, body, signal })
    const text = await response.text()
    return {
      status: response.status,
      body: text,
      words: wordsOf(text, secrets),
      retryAfterSeconds: readRetryAfter(response.headers.get('retry-after'), needs.now()),
    }
  }
}

/**
 * What may be shown and kept of what somebody else said: one line, bounded, and nothing at all where a secret stands in it in any
 * common form, or a part of one at its end.
 */
export function wordsOf(text: string, secrets: readonly string[]): string {
  const forms = secrets.filter((secret) => secret.length >= secretCharsMin).flatMap(formsOf)
  const folded = text.toLowerCase()
  if (forms.some((form) => folded.includes(form.toLowerCase()))) return ''
  return plainWords(text, wordsCharsMax)
}

/** Bits of one character. */
const base64Bits = 6

/** Base64 at each alignment, without the characters that its neighbours have a part in. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const aligned = [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    const [first, end] = [shift, shift + bytes.length].map((at) => (at * 8) / base64Bits)
    const inner = whole.slice(Math.ceil(first ?? 0), Math.floor(end ?? 0))
    return inner.length < secretCharsMin
      ? []
      : [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const escaped = JSON.stringify(secret).slice(1, -1)
  return [
    ...[secret, encodeURIComponent(secret), escaped, escaped.replaceAll('/', '\\/')],
    ...[bytes.toString('hex'), ...aligned],
  ]
}

/** What an answer comes to, for those who go by its status. */
export function resultOf(
  { status, words, retryAfterSeconds }: HttpAnswer,
  { goneAt = [], retriesAll = false }: { goneAt?: readonly number[]; retriesAll?: boolean } = {},
): SendResult {
  const message = words === '' ? `HTTP ${status}` : `HTTP ${status}: ${words}`
  if (status >= 200 && status < 300) return { delivered: true, message }
  if (goneAt.includes(status)) return { delivered: false, message, retry: false, gone: true }
  const retry = retriesAll || status >= 500 || forNow.has(status)
  return {
    ...{ delivered: false, message, retry },
    ...(retry && retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }
}

/** Request Timeout, Too Early, Too Many Requests. */
const forNow = new Set([408, 425, 429])

/** RFC 9110 §10.2.3: seconds (some send fractions), or a date. */
function readRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,9}(?:\.\d+)?$/.test(header)) return Math.ceil(Number(header))
  const atMs = /^[A-Z][a-z]{2},? /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil((atMs - nowMs) / 1000))
}

/**
 * A URL that somebody typed as where to send to, as it will be sent.
 * @throws Problem invalid-input; origin-not-allowed, by the rule of upstream origins (S-17)
 */
export function readUrl(
  text: string,
  field: string,
  mayUseOrigin: (origin: string) => true | string,
): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const fault = url === undefined ? 'must be a URL' : faultOf(url)
  if (url === undefined || fault !== undefined) throw invalid(field, fault ?? '')
  const allowed = mayUseOrigin(url.origin)
  if (allowed === true) return url
  throw new Problem('origin-not-allowed', allowed, { fields: [{ field, message: allowed }] })
}

function faultOf({ protocol, username, password, hash }: URL): string | undefined {
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https:'
  if (username !== '' || password !== '') return 'must hold no user name and no password'
  return hash === '' ? undefined : 'must end before the #'
}

/** A field of the target that cannot be used. */
export const invalid = (field: string, message: string, next?: string): Problem =>
  new Problem('invalid-input', `${field} ${message}.`, {
    fields: [{ field, message }],
    ...(next !== undefined && { next }),
  })

/** Secrets shorter than this show nothing of themselves. */
const endFromChars = 12
const endChars = 4

/** A place with the end of what is secret about it: `hooks.slack.com ••••x9Qf`. */
export const maskedEnd = (place: string, secret: string): string =>
  secret.length < endFromChars ? place : `${place} ••••${secret.slice(-endChars)}`

const segmentCharsMin = 16

/** The parts of a path that are secrets by their length. */
export const longSegments = (url: string): string[] =>
  new URL(url).pathname.split('/').filter((segment) => segment.length >= segmentCharsMin)
