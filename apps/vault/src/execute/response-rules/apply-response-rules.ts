import { Problem } from '@sallyport/contracts'
import type { AnswerRewriting, CompiledResponseRule } from '../../policy/compile-response-rules.ts'
import type { Redacted } from '../../policy/sensitive/compile-sensitive.ts'
import { type Pace, workInTurns } from '../work-in-turns.ts'
import { type BodyFormat, formatOf, hasOtherCharset } from './body-format.ts'
import { rewriteEvents } from './rewrite-events.ts'
import { type Rewriting, rewriteJson, rewriteLines } from './rewrite-json.ts'
import { redactForm, redactMarkup, redactPlain } from './rewrite-text.ts'

/** Bytes of a body that rules are applied to; a longer one is withheld. */
const ruledBytesMax = 10 * 1024 * 1024

/** RFC 9110 §15.3.7: the answer to a request for a range. */
const partialContent = 206

/** A body as it was read, with what the upstream says about it. */
export interface ReadBody {
  /** Undefined where the bytes are not UTF-8. */
  readonly text: string | undefined
  readonly bytes: number
  /** The header as it came. */
  readonly contentType: string
  /** The media type of it, in lower case; empty where there is none. */
  readonly type: string
  /** Whether the answer would be handed on as text. */
  readonly isText: boolean
  readonly status: number
}

/**
 * Applies the rules of a policy to a body (S-21): what comes back is what an agent may see of it.
 * @throws Problem response-withheld where one of them cannot be applied
 */
export async function applyResponseRules(
  body: ReadBody,
  rewriting: AnswerRewriting,
  pace: Pace,
): Promise<Redacted> {
  const format = formatOf(body.type, body.isText)
  const fault = faultOf(body, format, rewriting)
  if (fault !== undefined) throw withheld(body.status, fault)
  try {
    const text = (body.text ?? '').replace(/^\ufeff/, '')
    const rewritten = await workInTurns(rewrite(format, text, rewriting), pace)
    if (rewritten !== undefined) return rewritten.done
    throw new SyntaxError('that takes longer than a call may')
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw withheld(body.status, { rule: rewriting.rules[0], reason: error.message })
  }
}

interface Fault {
  readonly rule: CompiledResponseRule | undefined
  readonly reason: string
}

/** Why rules cannot be applied to the body, where that is known before it is read. */
function faultOf(
  body: ReadBody,
  format: BodyFormat,
  { rules, selection }: AnswerRewriting,
): Fault | undefined {
  const [first] = rules
  // What is taken out of a whole answer would come back in slices of it, since `Range` is the agent's to choose.
  if (body.status === partialContent) return { rule: first, reason: 'it is only a part' }
  const selects = rules.find(({ keep, drop }) => keep !== undefined || drop !== undefined)
  if (format === 'binary') return { rule: first, reason: 'it is neither JSON nor text' }
  if (selection !== undefined && !hasMembers.has(format)) {
    return { rule: selects, reason: 'it is not JSON' }
  }
  if (body.bytes > ruledBytesMax) {
    return { rule: first, reason: `it has more than ${ruledBytesMax} bytes` }
  }
  if (body.text === undefined || hasOtherCharset(body.contentType)) {
    return { rule: first, reason: 'its text is not UTF-8' }
  }
  // UTF-16 under another name: nothing would be found in it.
  if (body.text.includes('\0')) return { rule: first, reason: 'it is no text' }
  return undefined
}

const hasMembers: ReadonlySet<BodyFormat> = new Set(['json', 'lines', 'events'])

function* rewrite(format: BodyFormat, text: string, rewriting: AnswerRewriting): Rewriting {
  const { redact } = rewriting
  if (format === 'json') return yield* rewriteJson(text, rewriting)
  if (format === 'lines') return yield* rewriteLines(text, rewriting)
  if (format === 'events') return yield* rewriteEvents(text, rewriting)
  if (redact === undefined) return { text, count: 0 }
  if (format === 'form') return yield* redactForm(text, redact)
  if (format === 'markup') return yield* redactMarkup(text, redact)
  return yield* redactPlain(text, redact)
}

function withheld(status: number, { rule, reason }: Fault): Problem {
  const which = rule?.label ?? rule?.id ?? 'on answers'
  return new Problem(
    'response-withheld',
    `The upstream answered ${status}, and the answer is withheld: the policy’s rule “${which}” cannot be applied to it, since ${reason}.`,
    {
      next: 'The upstream may have acted on the request: look before you send it again. An owner can change the rule.',
      extra: { upstreamStatus: status },
    },
  )
}
