import { Problem } from '@sallyport/contracts'
import { type CallScheme, hasCallScheme, readCallAddress } from '../execute/call-address.ts'
import type { SendCall } from '../execute/send-call.ts'

/** What sends calls that are no HTTP requests. */
export type CallSenders = Readonly<Record<CallScheme, SendCall>>

/** Sends each request by its scheme: HTTP by egress, and calls by the room that they are for. */
export function createSendByScheme(http: SendCall, senders: CallSenders): SendCall {
  return async (request, how) => {
    if (!hasCallScheme(request.url)) return http(request, how)
    const address = readCallAddress(request.url)
    if (address === undefined) throw new Problem('invalid-url', 'No call has such an address.')
    return senders[address.scheme](request, how)
  }
}
