import { cutBody } from './cut-body.ts'
import { maxBytesDefault, maxBytesMax } from './limits.ts'
import { describe, type Step, selectPart } from './select.ts'

type Members = Readonly<Record<string, unknown>>

/** How much of an API's answer the model asked for. */
export interface Wanted {
  readonly method: string
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
    const text = shapeBody(body, { method: wanted.method, maxBytes })
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
      `The body is the first ${maxBytes} of ${cut.totalBytes} bytes.${shape} For more set select (such as items[].id) ` +
      `or maxBytes (at most ${maxBytesMax}), or ask the API for fewer fields or a smaller page. ${again(wanted)}`,
  }
}

// What changes something must not be sent a second time only to read its answer.
const again = ({ method }: Wanted): string =>
  method === 'GET' || method === 'HEAD'
    ? 'Then call again.'
    : `The ${method} was carried out: do not repeat it, read the result with a GET.`

const join = (first: string, second: unknown): string =>
  typeof second === 'string' ? `${first} ${second}` : first

const waitedSentence = {
  pending: 'Nothing was sent: the owner has not answered yet.',
  unseen: 'Nothing was sent, and the vault could not be asked whether the owner has answered.',
}

function nextForApproval(
  { approvalUrl, approvalRequestId, expiresAt }: Members,
  { waited }: Wanted,
): string {
  const happened = waited === undefined ? 'Nothing was sent.' : waitedSentence[waited]
  return (
    `${happened} Show the user ${approvalUrl} to approve or deny before ${expiresAt}. Then call execute again with the ` +
    `same arguments, approvalId "${approvalRequestId}" and waitSeconds: it waits for the answer and returns the ` +
    'API’s. list_approvals says how it stands.'
  )
}
