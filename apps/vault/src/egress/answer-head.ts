import { readCoding } from './decode-body.ts'
import { invalidResponse, tooLargeProblem } from './upstream-problem.ts'

/** The head of an answer, read and found sound. */
export interface AnswerHead {
  readonly status: number
  /** Names in lower case, in the order of the wire; what is sent twice stands twice. */
  readonly headers: readonly (readonly [string, string])[]
  readonly coding: string
  /**
   * A length is announced where no body may follow: usual for 304 (RFC 9110 §8.6), but undici waits for the bytes and then
   * calls the answer broken. The answer is whole with its head, and the connection is not used again.
   */
  readonly endsHere: boolean
}

const headersMax = 256
/** An answer's header value: printable Latin-1 and tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const control = /[\x00-\x08\x0a-\x1f\x7f]/

/**
 * Reads the head that the parser found and refuses what could be understood in two ways: lengths given twice, transfer
 * codings besides chunked, content codings that are stacked or unknown (RFC 9112 §6.3).
 * @throws Problem upstream-invalid-response, response-too-large (also when the announced length is over `bodyBytesMax`)
 */
export function readAnswerHead(
  raw: { readonly status: number; readonly headers: readonly Buffer[] },
  options: { isHead: boolean; bodyBytesMax: number },
): AnswerHead {
  const { status } = raw
  if (status < 200 || status > 599) {
    throw invalidResponse('The upstream answered with a status that HTTP does not have.')
  }
  if (raw.headers.length > 2 * headersMax) throw tooLargeProblem('headers')
  const headers: [string, string][] = []
  const framing: Framing = {}
  for (let i = 0; i + 1 < raw.headers.length; i += 2) {
    const name = (raw.headers[i]?.toString('latin1') ?? '').toLowerCase()
    const value = raw.headers[i + 1]?.toString('latin1') ?? ''
    if (control.test(value)) {
      throw invalidResponse('The upstream answered with a header that holds control characters.')
    }
    headers.push([name, value])
    if (name === 'content-length' || name === 'transfer-encoding' || name === 'content-encoding') {
      if (framing[name] !== undefined) throw invalidResponse(`The answer has ${name} twice.`)
      framing[name] = value
    }
  }
  const neverHasBody = status === 204 || status === 304
  const isBodiless = options.isHead || neverHasBody
  const coding = checkFraming(framing, isBodiless ? Number.POSITIVE_INFINITY : options.bodyBytesMax)
  return {
    status,
    headers,
    coding: isBodiless ? 'identity' : coding,
    endsHere: neverHasBody && !options.isHead && framing['content-length'] !== undefined,
  }
}

type Framing = Partial<Record<'content-length' | 'transfer-encoding' | 'content-encoding', string>>

function checkFraming(framing: Framing, bodyBytesMax: number): string {
  const { 'content-length': length, 'transfer-encoding': transfer } = framing
  if (transfer !== undefined && (length !== undefined || transfer.toLowerCase() !== 'chunked')) {
    throw invalidResponse('The length of the answer can be understood in two ways.')
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw invalidResponse('The length of the answer is not a number.')
  }
  if (Number(length ?? 0) > bodyBytesMax) throw tooLargeProblem('body')
  const coding = readCoding(framing['content-encoding'])
  if (coding === undefined) {
    throw invalidResponse(
      'The answer is compressed in a way that the vault does not read (gzip, deflate and br are).',
    )
  }
  return coding
}
