import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { Problem } from '@sallyport/contracts'
import { UpstreamRefusal } from './ask-upstream.ts'
import type { NextStep } from './next-step.ts'
import { failed } from './results.ts'

/** What is not settled at a method, since an approval comes first or the vault refused: no code of the protocol says that. */
export const notDone = -32_010

/**
 * With these it is the vault that speaks to a client: of an approval, and of a page that a person is to open. An upstream server that
 * answered so would have its own page opened in the vault’s name.
 */
const vaultsOwn: ReadonlySet<number> = new Set([notDone, ProtocolErrorCode.UrlElicitationRequired])

/** What a method about resources and prompts failed with, as an error of the protocol. */
export function asProtocolError(thrown: unknown, nextStep: NextStep): Error {
  if (thrown instanceof ProtocolError) return thrown
  if (thrown instanceof UpstreamRefusal) {
    const { code, message, data } = thrown
    if (!Number.isInteger(code) || vaultsOwn.has(code)) {
      return new ProtocolError(ProtocolErrorCode.InternalError, message)
    }
    return new ProtocolError(code, message, data)
  }
  const { structuredContent } = failed(thrown, nextStep)
  const code =
    thrown instanceof Problem && thrown.type === 'invalid-input'
      ? ProtocolErrorCode.InvalidParams
      : notDone
  const message = `${String(structuredContent.error)} ${String(structuredContent.next)}`
  return new ProtocolError(code, message, structuredContent)
}
