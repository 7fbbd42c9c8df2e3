import { cutBody } from './cut-body.ts'
import { maxBytesDefault } from './limits.ts'
import { describe, type Step, selectPart } from './select.ts'

type Members = Readonly<Record<string, unknown>>

/** How much of an API's answer the model asked for. */
export interface Wanted {
  /** The request changed nothing; absent where that is not known. */
  readonly isRead?: boolean
  /** What was carried out, at the beginning of a sentence. */
  readonly what: string
  /** How to get less, or a part, after “For more”. */
  readonly less: string
  /** What to do once the owner has been shown the link. */
  readonly howToRedeem: (approvalId: string) => string
  readonly maxBytes?: number
  readonly steps?: readonly Step[]
  /** What was seen of a pending approval at the end of a wait. */
  readonly waited?: 'pending' | 'unseen'
}

/** Never of use to a model; the vault keeps them back as well. */
const withheldHeaders = /^(set-cookie2?|(proxy-)?(authorization|authenticate)|www-authenticate)$/i

/** Makes an answer of `execute` into what the model gets: the body selected and cut, the next step said. */
export function shapeAnswer(answer: Members, wanted: Wanted): Members {
  if (answer.approvalRequired === true) {
    return { ...answer, next: nextForApproval(answer, wanted) }
  }
  if (!('body' in answer)) return answer
  const headers = Object.fromEntries(
    Object.entries((answer.headers ?? {}) as Members).filter(
      ([name]) => !withheldHeaders.test(name),
    ),
  )
  return { ...answer, headers, ...shapeBody(answer.body, wanted) }
}

function shapeBody(body: unknown, wanted: Wanted): Members {
  const { steps, maxBytes = maxBytesDefault } = wanted
  if (steps !== undefined && typeof body === 'string') {
    const { steps: _, ...whole } = wanted
    const text = shapeBody(body, whole)
    return {
      ...text,
      next: join('select takes parts of JSON only, and this body is text.', text.next),
    }
  }
  const selection = steps === undefined ? { value: body } : selectPart(body, steps)
  if ('missing' in selection) {
    return {
      body: null,
      next: `select found nothing: where it stopped there is ${selection.missing}. ${again(wanted)}`,
    }
  }
  const cut = cutBody(selection.value, maxBytes)
  if (!cut.truncated) return { body: cut.body }
  const shape =
    typeof selection.value === 'string' ? '' : ` The whole is ${describe(selection.value)}.`
  return {
    body: cut.body,
    truncated: true,
    totalBytes: cut.totalBytes,
    next:
      `The body is the first ${maxBytes} of ${cut.totalBytes} bytes.${shape} For more ${wanted.less}. ` +
      again(wanted),
  }
}

// What changes something must not be sent a second time only to read its answer.
function again({ isRead, what }: Wanted): string {
  if (isRead === true) return 'Then call again.'
  return isRead === false
    ? `${what} was carried out: do not repeat it, read the result with a GET.`
    : `${what} was carried out: where it changes something, do not repeat it only to read the answer.`
}

const join = (first: string, second: unknown): string =>
  typeof second === 'string' ? `${first} ${second}` : first

const waitedSentence = {
  pending: 'Nothing was sent: the owner has not answered yet.',
  unseen: 'Nothing was sent, and the vault could not be asked whether the owner has answered.',
}

function nextForApproval(
  { approvalUrl, approvalRequestId, expiresAt }: Members,
  { waited, howToRedeem }: Wanted,
): string {
  const happened = waited === undefined ? 'Nothing was sent.' : waitedSentence[waited]
  return (
    `${happened} Show the user ${approvalUrl} to approve or deny before ${expiresAt}. ` +
    howToRedeem(String(approvalRequestId))
  )
}
