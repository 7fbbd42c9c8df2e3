import type { ExecuteNeeds } from './execute-needs.ts'
import type { CredentialSlot } from './freeze-request.ts'
import type { ResolvedCall } from './resolve-call.ts'
import { createScrubber } from './scrub.ts'
import type { ReadyCredential } from './send-permitted.ts'

type Carrying = Pick<ResolvedCall, 'connection' | 'tool'>

const nowhere: CredentialSlot = {}
/** Nothing goes on, and what other calls put on is taken out of the answer all the same: the upstream may remember it (S-20). */
const nothingOf = ({ scrubber }: ReadyCredential): ReadyCredential => ({
  put: { headers: [], query: [] },
  scrubber,
})

const nothing: ReadyCredential = nothingOf({
  put: { headers: [], query: [] },
  scrubber: createScrubber([]),
})

/** Does the credential of the connection go on? A tool may be one that takes none. */
const takesNone = ({ tool }: Carrying) => tool?.compiled.credential === 'none'

/** Where the credential of a call will go. */
export const slotFor = (
  { findSlot }: Pick<ExecuteNeeds, 'findSlot'>,
  call: Carrying,
): CredentialSlot | Promise<CredentialSlot> =>
  takesNone(call) ? nowhere : findSlot(call.connection)

/** What goes on the request of a call, and what is taken out of its answer. Throws as `readyCredential` does. */
export function credentialFor(
  { readyCredential }: Pick<ExecuteNeeds, 'readyCredential'>,
  call: Carrying,
): ReadyCredential | Promise<ReadyCredential> {
  // Of a caller's own nothing is known but what comes with the calls that it goes on.
  if (takesNone(call) && call.connection.credentialKind === 'caller') return nothing
  const ready = readyCredential(call.connection)
  if (!takesNone(call)) return ready
  return ready instanceof Promise ? ready.then(nothingOf) : nothingOf(ready)
}
