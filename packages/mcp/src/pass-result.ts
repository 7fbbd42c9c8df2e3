import { Buffer } from 'node:buffer'
import { type CallToolResult, isCallToolResult } from '@modelcontextprotocol/server'
import type { AgentTool } from '@sallyport/contracts'
import { cutBody } from './cut-body.ts'
import { maxBytesDefault } from './limits.ts'

type Members = Readonly<Record<string, unknown>>

/** The result of an upstream server's tool, which the client gets as the server gave it. */
export class PassedResult {
  readonly result: CallToolResult

  constructor(result: CallToolResult) {
    this.result = result
  }
}

/** What keeps a tool from being called whose results have a form that no failure of ours has. */
export class FailedOfForm extends Error {
  override readonly name = 'FailedOfForm'
}

/** How a tool of an upstream server was called, and what its result has to fit. */
export interface Passing {
  /** What the client was shown of its results, if anything: then whatever is structured has to be of that form. */
  readonly outputSchema: AgentTool['outputSchema']
  readonly maxBytes: number | undefined
  /** It was called by a tool of ours, whose own results the client expects: see `enclosed`. */
  readonly isEnclosed: boolean
}

/**
 * Passes the result of an upstream server's tool on: content, structured content, `isError` and `_meta` stay what they are, and of
 * text so much as a model is given at once. Undefined for what is no such result, as after a rule has taken it away.
 */
export function passResult(answer: Members, passing: Passing): PassedResult | undefined {
  const { status, body } = answer
  const refused = refusalOf(body)
  if (refused !== undefined) return new PassedResult(refused)
  if (status !== 200 || !isCallToolResult(body)) return undefined
  const cut = cutResult(body, passing)
  return new PassedResult(passing.isEnclosed ? enclosed(cut) : cut)
}

/** An error of the protocol in place of a result: the model can read it and do otherwise, as with any error of a tool. */
function refusalOf(body: unknown): CallToolResult | undefined {
  const error = isMembers(body) && isMembers(body.error) ? body.error : undefined
  if (typeof error?.code !== 'number' || typeof error.message !== 'string') return undefined
  return { content: [{ type: 'text', text: error.message }], isError: true }
}

/** Bytes of text are counted over all parts. What is structured is left out where it is longer, unless it has to be there. */
function cutResult(
  result: CallToolResult,
  { outputSchema, maxBytes = maxBytesDefault }: Passing,
): CallToolResult {
  const totalBytes = result.content.reduce((sum, part) => sum + textBytesOf(part), 0)
  let left = maxBytes
  const content = result.content.flatMap((part): CallToolResult['content'] => {
    if (part.type !== 'text') return [part]
    const bytes = Buffer.byteLength(part.text)
    const cut = cutBody(part.text, Math.max(0, left))
    const before = left
    left -= bytes
    if (before <= 0 && bytes > 0) return []
    return cut.truncated ? [{ ...part, text: String(cut.body) }] : [part]
  })
  const { structuredContent } = result
  const isLong = Buffer.byteLength(JSON.stringify(structuredContent ?? null)) > maxBytes
  const keeps = structuredContent !== undefined && (!isLong || outputSchema !== undefined)
  const notes = [
    ...(totalBytes > maxBytes ? [`The text is the first ${maxBytes} of ${totalBytes} bytes.`] : []),
    ...(isLong && !keeps ? ['What is structured was left out: it is longer than that.'] : []),
  ]
  const less = 'Use arguments of the tool that ask for less, if it has any.'
  return {
    ...saidOf(result),
    content:
      notes.length === 0
        ? content
        : [...content, { type: 'text', text: [...notes, less].join(' ') }],
    ...(keeps && { structuredContent }),
  }
}

/** With these names it is the vault that speaks, as the server that the client has. */
const vaultsOwn = /^(?:io\.modelcontextprotocol|sallyport)\//

/**
 * What a result of a tool has beside what it holds. Nothing else is passed on: there are members that ask the client for something, and
 * it would be asked in the vault’s name.
 */
function saidOf({
  isError,
  _meta: meta,
}: CallToolResult): Pick<CallToolResult, 'isError' | '_meta'> {
  const said = Object.entries(meta ?? {}).filter(([name]) => !vaultsOwn.test(name))
  return {
    ...(isError !== undefined && { isError }),
    ...(meta !== undefined && { _meta: Object.fromEntries(said) }),
  }
}

const textBytesOf = (part: CallToolResult['content'][number]): number =>
  part.type === 'text' ? Buffer.byteLength(part.text) : 0

/**
 * A client checks what is structured against the schema of the tool that it called, which is not the server's: so what the server
 * said stands there under names of its own.
 */
function enclosed({ structuredContent, ...result }: CallToolResult): CallToolResult {
  const texts = result.content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  return {
    ...result,
    structuredContent: {
      ...(texts.length > 0 && { texts }),
      ...(structuredContent !== undefined && { structured: structuredContent }),
    },
  }
}

/**
 * What is no result of the server's, where the client was told of what form those are: it would refuse one that is of another
 * form, so nothing is structured, and it is no success of the tool.
 */
export function unstructured(value: Members): PassedResult {
  return new PassedResult({
    content: [{ type: 'text', text: JSON.stringify(value) }],
    isError: true,
  })
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
