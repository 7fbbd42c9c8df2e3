import { Problem } from '@sallyport/contracts'
import {
  type AnswerRewriting,
  type CompiledResponseRule,
  rewritingOf,
} from '../policy/compile-response-rules.ts'
import { atOnce } from '../policy/sensitive/turns.ts'
import type { ShapedAnswer } from './callable-tool.ts'
import { gatherChunks } from './gather-chunks.ts'
import {
  cleanMade,
  decodeText,
  isText,
  mediaTypeOf,
  parseBody,
  type ScrubbedBody,
} from './parse-body.ts'
import { applyResponseRules } from './response-rules/apply-response-rules.ts'
import { redactThroughBase64 } from './response-rules/redact-through-base64.ts'
import { redactHeader } from './response-rules/rewrite-text.ts'
import type { Scrubber } from './scrub.ts'
import type { Pace } from './work-in-turns.ts'

/** Answers of more bytes than this take turns at being parsed and searched. */
const turnFromBytes = 256 * 1024

/** An upstream's answer as egress hands it over. */
export interface UpstreamAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: AsyncIterable<Uint8Array>
}

/** What is known of an answer that was read. */
interface Reading {
  readonly status: number
  readonly responseBytes: number
  /** How often something was taken out. */
  readonly redactions: number
  /** The ids of the policy's rules on answers that applied. */
  readonly rules: readonly string[]
}

/** The answer as the agent gets it: scrubbed, filtered by the policy's rules, its body parsed by its content type. */
export interface CleanAnswer extends Reading {
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** An answer to which a rule of the policy could not be applied. Nothing of it but the status is told. */
export interface WithheldAnswer extends Reading {
  readonly withheld: Problem
}

export type ReadAnswer = CleanAnswer | WithheldAnswer

type Shape = (answer: ShapedAnswer) => unknown

/** What reading needs. `rules` are those about answers to the request, whatever their status. */
export interface ReadingNeeds {
  readonly scrubber: Scrubber
  readonly pace: Pace
  readonly rules: readonly CompiledResponseRule[]
  /** Shown the body, parsed or as text, before a rule takes anything of it away. */
  readonly inspect?: ((body: unknown) => void) | undefined
  /** What the called tool makes of the answer, after everything else. */
  readonly shape?: Shape | undefined
}

/**
 * Reads an answer to its end and takes every form of the secrets out of it (S-20): out of the bytes as they come, and
 * out of what parsing would unfold. In between the policy's rules are applied (S-21). `answer.headers` are those that the
 * allowlist lets through.
 */
export function readAnswer(answer: UpstreamAnswer, needs: ReadingNeeds): Promise<ReadAnswer> {
  const { shape, scrubber } = needs
  const reading = readClean(answer, needs)
  if (shape === undefined) return reading
  return reading.then((read) => redactMade(shapeRead(read, shape, scrubber), needs))
}

async function readClean(
  answer: UpstreamAnswer,
  { scrubber, pace, rules, inspect }: ReadingNeeds,
): Promise<ReadAnswer> {
  const headers: Record<string, string> = Object.create(null)
  let redactions = 0
  for (const [name, value] of answer.headers) {
    if (scrubber.isInName(name)) {
      redactions += 1
      continue
    }
    const clean = scrubber.text(value)
    if (clean !== value) redactions += 1
    headers[name] = headers[name] === undefined ? clean : `${headers[name]}, ${clean}`
  }
  const stream = scrubber.stream()
  const chunks: Uint8Array[] = []
  let responseBytes = 0
  for await (const chunk of gatherChunks(answer.body)) {
    responseBytes += chunk.byteLength
    chunks.push(stream.push(chunk))
  }
  chunks.push(stream.end())
  if (responseBytes > turnFromBytes) await pace.takeTurn()
  const { status } = answer
  const body = {
    bytes: join(chunks),
    contentType: headers['content-type'] ?? '',
    redactions: redactions + stream.hits,
  }
  const rewriting = throughBase64(rewritingOf(rules, status))
  if (rewriting !== undefined) {
    const clean = { status, headers, body, responseBytes }
    inspect?.(decodeText(body.bytes))
    return await filter(clean, rewriting, { scrubber, pace })
  }
  const parsed = parseBody(body, scrubber)
  inspect?.(parsed.body)
  return {
    status,
    headers,
    body: parsed.body,
    responseBytes,
    redactions: parsed.redactions,
    rules: [],
  }
}

/** A template may put together what stood apart: what it yields is searched for secrets again. What it cannot shape is withheld. */
function shapeRead(read: ReadAnswer, shape: Shape, scrubber: Scrubber): ReadAnswer {
  if ('withheld' in read) return read
  const { status, headers, responseBytes, rules } = read
  try {
    const made = cleanMade(shape({ status, headers, body: read.body }), scrubber)
    const redactions = read.redactions + made.redactions
    return { status, headers, body: made.body, responseBytes, redactions, rules }
  } catch (cause) {
    const { redactions } = read
    return { status, responseBytes, redactions, rules, withheld: notShaped(cause) }
  }
}

/** What a template made is looked through once more for what the rules redact: it may have put that together as well (S-21). */
async function redactMade(
  read: ReadAnswer,
  needs: Pick<ReadingNeeds, 'rules' | 'scrubber' | 'pace'>,
): Promise<ReadAnswer> {
  if ('withheld' in read) return read
  const { status, headers, body: made, responseBytes, redactions } = read
  const rewriting = throughBase64(rewritingOf(needs.rules, status))
  if (rewriting?.redact === undefined || made === '' || made === undefined) return read
  const isText = typeof made === 'string'
  const body = {
    bytes: Buffer.from(isText ? made : JSON.stringify(made), 'utf8'),
    contentType: isText ? 'text/plain' : 'application/json',
    redactions,
  }
  const whole = { ...rewriting, selection: undefined }
  return filter({ status, headers, body, responseBytes }, whole, needs)
}

const notShaped = (cause: unknown) =>
  new Problem('response-withheld', 'The tool’s template could not be applied to the answer.', {
    next: 'The upstream may have acted on the request. The owner of the tool can correct its template.',
    cause,
  })

function throughBase64(rewriting: AnswerRewriting | undefined): AnswerRewriting | undefined {
  const { redact } = rewriting ?? {}
  if (rewriting === undefined || redact === undefined) return rewriting
  return { ...rewriting, redact: redactThroughBase64(redact) }
}

interface ScrubbedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ScrubbedBody
  readonly responseBytes: number
}

/** Applies the policy's rules to what was scrubbed; what comes of it is searched for secrets again. */
async function filter(
  { status, headers, body, responseBytes }: ScrubbedAnswer,
  rewriting: AnswerRewriting,
  { scrubber, pace }: Pick<ReadingNeeds, 'scrubber' | 'pace'>,
): Promise<ReadAnswer> {
  const rules = rewriting.rules.map(({ id }) => id)
  const head = filterHeaders(headers, rewriting, scrubber)
  const redactions = body.redactions + head.redactions
  if (body.bytes.byteLength === 0) {
    return { status, headers: head.headers, body: null, responseBytes, redactions, rules }
  }
  const ruled = await ruledBody(body, { status, rewriting, pace }).catch(onlyWithheld)
  if (ruled instanceof Problem) return { status, responseBytes, redactions, rules, withheld: ruled }
  const bytes = Buffer.from(ruled.text, 'utf8')
  const rewritten = { ...body, bytes, isRewritten: true, redactions: redactions + ruled.count }
  return { status, headers: head.headers, responseBytes, rules, ...parseBody(rewritten, scrubber) }
}

const ruledBody = (
  { bytes, contentType }: ScrubbedBody,
  how: Pick<ReadingNeeds, 'pace'> & { status: number; rewriting: AnswerRewriting },
) => {
  const type = mediaTypeOf(contentType)
  const text = decodeText(bytes)
  const read = { text, bytes: bytes.byteLength, contentType, type, isText: isText(type) }
  return applyResponseRules({ ...read, status: how.status }, how.rewriting, how.pace)
}

function onlyWithheld(thrown: unknown): Problem {
  if (thrown instanceof Problem && thrown.type === 'response-withheld') return thrown
  throw thrown
}

function filterHeaders(
  headers: Readonly<Record<string, string>>,
  { redact }: AnswerRewriting,
  scrubber: Scrubber,
): { headers: Readonly<Record<string, string>>; redactions: number } {
  if (redact === undefined) return { headers, redactions: 0 }
  const kept: Record<string, string> = Object.create(null)
  let redactions = 0
  for (const [name, value] of Object.entries(headers)) {
    const found = atOnce(redactHeader(value, redact))
    redactions += found.count
    kept[name] = found.count === 0 ? value : scrubber.text(found.text)
  }
  return { headers: kept, redactions }
}

const join = (chunks: readonly Uint8Array[]): Buffer => {
  const filled = chunks.filter((chunk) => chunk.byteLength > 0)
  const [only, second] = filled
  if (only !== undefined && second === undefined) {
    return Buffer.from(only.buffer, only.byteOffset, only.byteLength)
  }
  return Buffer.concat(filled)
}
